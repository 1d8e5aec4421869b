// Elementwise product of two tensors of one shape.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

Tensor mul(const Tensor& a, const Tensor& b);

}  // namespace medley::autograd
