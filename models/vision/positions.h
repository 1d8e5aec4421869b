// Position embeddings for pictures of another size.
#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace medley::models {

// [1, 1 + g g, C] -> [1, 1 + rows columns, C], f32 or f64, as the original's interpolate_pos_embed
// and PyTorch's bicubic interpolate (align_corners false): the class token stays, the grid is
// resampled with the cubic kernel of A = -0.75 at half-pixel centres, taps clamped at the border,
// without antialiasing, also when shrinking. Sums are f64. Throws ShapeError when the table has no
// square grid.
Tensor resize_positions(const Tensor& table, int64_t rows, int64_t columns);

}  // namespace medley::models
