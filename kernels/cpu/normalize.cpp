#include "kernels/normalize.h"

#include "kernels/reference/normalize.h"

namespace medley::kernels::cpu {

void normalize_forward(const NormalizeForward<float>& args) { reference::normalize_forward(args); }
void normalize_forward(const NormalizeForward<double>& args) { reference::normalize_forward(args); }
void normalize_backward(const NormalizeBackward<float>& args) {
  reference::normalize_backward(args);
}
void normalize_backward(const NormalizeBackward<double>& args) {
  reference::normalize_backward(args);
}

}  // namespace medley::kernels::cpu
