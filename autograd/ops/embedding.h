// Token plus position embedding of packed text.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// ids, positions [tokens] i32; word [V, C], position [P, C] -> [tokens, C] of `dtype`, for which
// the tables are wide. Throws ValueError for an id or a position out of range.
Tensor embedding(const Tensor& ids, const Tensor& positions, const Tensor& word,
                 const Tensor& position, DType dtype);

}  // namespace medley::autograd
