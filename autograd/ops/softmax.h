// Softmax over the last dimension.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

Tensor softmax(const Tensor& x);

}  // namespace medley::autograd
