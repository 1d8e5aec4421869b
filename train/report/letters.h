// Small letters for labels inside a PNG.
#pragma once

#include <string_view>

#include "train/data/dataset.h"

namespace medley::train {

inline constexpr int64_t kLabelHeight = 16;
// Draws lower-case letters, digits and -'.,? in dark grey, centred in [left, left + width) and cut
// to it; other characters are blank. The label must lie inside the picture.
void draw_label(Image& picture, std::string_view text, int64_t left, int64_t top, int64_t width);

}  // namespace medley::train
