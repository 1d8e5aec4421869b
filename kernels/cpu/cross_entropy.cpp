#include "kernels/cross_entropy.h"

#include "kernels/reference/cross_entropy.h"

namespace medley::kernels::cpu {

void cross_entropy_forward(const CrossEntropyForward<float>& args) { reference::cross_entropy_forward(args); }
void cross_entropy_forward(const CrossEntropyForward<double>& args) { reference::cross_entropy_forward(args); }
void cross_entropy_backward(const CrossEntropyBackward<float>& args) { reference::cross_entropy_backward(args); }
void cross_entropy_backward(const CrossEntropyBackward<double>& args) { reference::cross_entropy_backward(args); }

}  // namespace medley::kernels::cpu
