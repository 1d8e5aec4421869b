// Dropout on the CPU: the mask is drawn kLanes Philox blocks at a time.
#include "kernels/dropout.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/dropout.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define MEDLEY_ISA_BODY "kernels/cpu/dropout.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {
namespace {

void drop_range(const Dropout<float>& args, int64_t begin, int64_t end) {
  MEDLEY_ISA_CALL(dropout_rows, args, begin, end);
}

}  // namespace

void dropout(const Dropout<float>& args) {
  if (!args.key.active()) return reference::dropout(args);
  if (args.n == 0) return;
  // About 10 us, several times what it costs to wake a thread.
  constexpr int64_t kElementsPerThread = 16384;
  parallel_for(args.rows, 1 + kElementsPerThread / args.n,
               [&](int64_t begin, int64_t end) { drop_range(args, begin, end); });
}

void dropout(const Dropout<double>& args) { reference::dropout(args); }

}  // namespace medley::kernels::cpu
