// Patch embedding of a vision transformer with class token and positions.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// images [B, 3, S, S], weight [D, 3, p, p], bias [D], cls [D elements],
// pos [1 + (S / p)^2 rows of D] -> [B, 1 + (S / p)^2, D].
// Throws ShapeError, with a hint when S is not a multiple of p.
Tensor patch_embed(const Tensor& images, const Tensor& weight, const Tensor& bias,
                   const Tensor& cls, const Tensor& pos);

}  // namespace medley::autograd
