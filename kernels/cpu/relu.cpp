// A head of two layers has the only ones: the plain loop is fast enough.
#include "kernels/relu.h"

#include "kernels/reference/relu.h"

namespace medley::kernels::cpu {

void relu_forward(const ReluForward<float>& args) { reference::relu_forward(args); }
void relu_forward(const ReluForward<double>& args) { reference::relu_forward(args); }
void relu_backward(const ReluBackward<float>& args) { reference::relu_backward(args); }
void relu_backward(const ReluBackward<double>& args) { reference::relu_backward(args); }

}  // namespace medley::kernels::cpu
