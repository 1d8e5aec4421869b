// max(x, 0), elementwise.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

Tensor relu(const Tensor& x);

}  // namespace medley::autograd
