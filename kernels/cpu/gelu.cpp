#include "kernels/gelu.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/gelu.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kDearGrain = 4096;  // elements that are worth waking a thread for

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/gelu.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {

void gelu_forward(const GeluForward<float>& args) { MEDLEY_ISA_CALL(gelu_forward, args); }
void gelu_forward(const GeluForward<double>& args) { reference::gelu_forward(args); }
void gelu_backward(const GeluBackward<float>& args) { MEDLEY_ISA_CALL(gelu_backward, args); }
void gelu_backward(const GeluBackward<double>& args) { reference::gelu_backward(args); }

}  // namespace medley::kernels::cpu
