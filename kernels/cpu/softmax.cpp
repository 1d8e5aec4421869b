#include "kernels/softmax.h"

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/softmax.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kGrain = 4096;  // elements that are worth waking a thread for

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/softmax.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {

void softmax_forward(const SoftmaxForward<float>& args) { MEDLEY_ISA_CALL(softmax_forward, args); }
void softmax_backward(const SoftmaxBackward<float>& args) {
  MEDLEY_ISA_CALL(softmax_backward, args);
}
void softmax_forward(const SoftmaxForward<double>& args) { reference::softmax_forward(args); }
void softmax_backward(const SoftmaxBackward<double>& args) { reference::softmax_backward(args); }

}  // namespace medley::kernels::cpu
