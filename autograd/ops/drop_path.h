// Stochastic depth: a residual branch that is left out for whole samples.
#pragma once

#include "core/tensor.h"
#include "kernels/dropout.h"

namespace medley::autograd {

// residual, x [rows, C], the rows of `samples` samples one after the other -> residual + x scaled
// by 1 / (1 - key.p), or residual alone, sample by sample. The plain sum when key.p is 0.
Tensor drop_path(const Tensor& residual, const Tensor& x, int64_t samples,
                 const kernels::DropoutKey& key);

}  // namespace medley::autograd
