// GELU (exact) by itself; linear() has it fused.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

Tensor gelu(const Tensor& x);

}  // namespace medley::autograd
