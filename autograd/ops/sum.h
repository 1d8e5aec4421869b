// Sum and mean of all elements (a tensor of shape {}) or over one dimension, which the result does
// not have; negative dimensions count from the last. The mean of no elements is a ShapeError.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

Tensor sum(const Tensor& x);
Tensor sum(const Tensor& x, int dim);
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, int dim);

}  // namespace medley::autograd
