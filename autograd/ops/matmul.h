// Matrix product, the GEMM of kernels/linear.h without its epilogue. A layer whose weight is
// [out, in] is linear() in linear.h.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// a [.., M, K] and b [.., K, N] -> [.., M, N], one product for each matrix. With b [K, N] all rows
// of a are one product. Throws ShapeError.
Tensor matmul(const Tensor& a, const Tensor& b);

}  // namespace medley::autograd
