// Elementwise sum and mean of two tensors of one shape.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

Tensor add(const Tensor& a, const Tensor& b);
Tensor mean(const Tensor& a, const Tensor& b);

}  // namespace medley::autograd
