#include "kernels/layernorm.h"

#include "kernels/reference/layernorm.h"

namespace medley::kernels::cpu {

void layernorm_forward(const LayerNormForward<float>& args) { reference::layernorm_forward(args); }
void layernorm_forward(const LayerNormForward<double>& args) { reference::layernorm_forward(args); }
void layernorm_backward(const LayerNormBackward<float>& args) { reference::layernorm_backward(args); }
void layernorm_backward(const LayerNormBackward<double>& args) { reference::layernorm_backward(args); }

}  // namespace medley::kernels::cpu
