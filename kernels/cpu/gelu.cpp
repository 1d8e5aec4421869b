#include "kernels/gelu.h"

#include "kernels/reference/gelu.h"

namespace medley::kernels::cpu {

void gelu_forward(const GeluForward<float>& args) { reference::gelu_forward(args); }
void gelu_forward(const GeluForward<double>& args) { reference::gelu_forward(args); }
void gelu_backward(const GeluBackward<float>& args) { reference::gelu_backward(args); }
void gelu_backward(const GeluBackward<double>& args) { reference::gelu_backward(args); }

}  // namespace medley::kernels::cpu
