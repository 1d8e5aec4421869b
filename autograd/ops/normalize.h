// Rows scaled to unit length.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// x [rows, C] -> [rows, C].
Tensor normalize(const Tensor& x);

}  // namespace medley::autograd
