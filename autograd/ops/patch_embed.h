// Patch embedding of a vision transformer with class token and positions.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// images [B, 3, S, S], weight [D, 3, p, p], bias [D], cls [D elements],
// pos [1 + (S / p)^2 rows of D] -> [B, 1 + (S / p)^2, D].
// `patches`, when given, is for a second tower over the same images: where it is undefined the
// unfolded images are left there, [B (S / p)^2, 3 p^2], and else they are taken from it.
// Throws ShapeError, with a hint when S is not a multiple of p.
Tensor patch_embed(const Tensor& images, const Tensor& weight, const Tensor& bias,
                   const Tensor& cls, const Tensor& pos, Tensor* patches = nullptr);

}  // namespace medley::autograd
