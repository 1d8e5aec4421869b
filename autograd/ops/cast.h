// Between the element types of mixed precision.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// x in another element type, f32 or bf16; x itself when it has it already. The gradient is cast
// back.
Tensor cast(const Tensor& x, DType dtype);

}  // namespace medley::autograd
