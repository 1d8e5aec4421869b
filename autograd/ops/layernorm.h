// Layer normalisation over the last dimension.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// x [.., C], weight [C], bias [C] -> [.., C]. Throws ShapeError.
Tensor layernorm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps);

}  // namespace medley::autograd
