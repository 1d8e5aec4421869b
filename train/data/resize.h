// Bicubic resizing that gives the bytes that Pillow gives (Image.resize(.., BICUBIC), versions 9 to
// 12): a = -0.5, support widened when shrinking, horizontal pass first, rounded to bytes between
// the passes, 22-bit weights.
#pragma once

#include "train/data/dataset.h"

namespace medley::train {

// Throws ValueError unless all sizes are positive.
Image resize_bicubic(const Image& image, int64_t width, int64_t height);
// The part [left, left + width) x [top, top + height), which must lie inside.
Image crop(const Image& image, int64_t left, int64_t top, int64_t width, int64_t height);

}  // namespace medley::train
