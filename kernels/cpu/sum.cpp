// Chunks of the dimension are shared out among threads; a second pass adds their sums in order.
#include "kernels/sum.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/scratch.h"
#include "kernels/reference/sum.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kGrain = 16384;   // elements that are worth waking a thread for
constexpr int64_t kRows = 64;       // of a chunk, at least: fewer would make many sums of chunks
constexpr int64_t kColumns = 1024;  // of a piece

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/sum.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {

void sum_forward(const SumForward<float>& args) { MEDLEY_ISA_CALL(sum_forward, args); }
void sum_backward(const SumBackward<float>& args) { MEDLEY_ISA_CALL(sum_backward, args); }
void sum_forward(const SumForward<double>& args) { reference::sum_forward(args); }
void sum_backward(const SumBackward<double>& args) { reference::sum_backward(args); }

}  // namespace medley::kernels::cpu
