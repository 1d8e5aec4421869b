#include "kernels/normalize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/normalize.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kGrain = 8192;  // elements that are worth waking a thread for

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/normalize.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {

void normalize_forward(const NormalizeForward<float>& args) {
  MEDLEY_ISA_CALL(normalize_forward, args);
}
void normalize_backward(const NormalizeBackward<float>& args) {
  MEDLEY_ISA_CALL(normalize_backward, args);
}
void normalize_forward(const NormalizeForward<double>& args) { reference::normalize_forward(args); }
void normalize_backward(const NormalizeBackward<double>& args) {
  reference::normalize_backward(args);
}

}  // namespace medley::kernels::cpu
