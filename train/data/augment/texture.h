// Changes of the drawing's manner: another ground, thicker or thinner lines, blur, a covered part.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/philox.h"

namespace medley::train {

// In place, planes [3, side, side]: the white area (at least 250 of 255 in all channels) that
// touches the border gets the colour. In drawings on white it stands for transparency.
void recolour_ground(float* planes, int64_t side, const std::array<float, 3>& colour);
// 3x3 minimum (darker: thicker lines) or maximum of each channel.
void spread_extreme(float* planes, int64_t side, bool darker);
// 3x3 binomial: 1 2 1 in both directions.
void blur(float* planes, int64_t side);
// Covers a square of a tenth to a third of the side with the colour of pixel (0, 0).
void cut_out(float* planes, int64_t side, Random& random);

}  // namespace medley::train
