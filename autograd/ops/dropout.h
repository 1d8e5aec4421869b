// Dropout keyed by position; the identity when key.p is 0.
#pragma once

#include "core/tensor.h"
#include "kernels/dropout.h"

namespace medley::autograd {

// x [rows, C] -> [rows, C].
Tensor dropout(const Tensor& x, const kernels::DropoutKey& key);

}  // namespace medley::autograd
