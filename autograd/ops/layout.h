// The differentiable forms of Tensor's functions of the same names. Ops take contiguous tensors, so
// these give copies. split_rows() in rows.h gives views.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// Elements begin .. end - 1 of a dimension; negative dimensions count from the last. Throws
// ShapeError. The gradient of the others is 0.
Tensor slice(const Tensor& x, int dim, int64_t begin, int64_t end);
// Two dimensions exchanged. Slow on a GPU, see Tensor::copy_from.
Tensor transpose(const Tensor& x, int a, int b);
// x itself when it is contiguous.
Tensor contiguous(const Tensor& x);

}  // namespace medley::autograd
