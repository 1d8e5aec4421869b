// Colour changes of the `affine` augmentation. All of them are linear in a pixel's three channels,
// so they are multiplied together first and applied in one pass.
#pragma once

#include <array>
#include <cstdint>

#include "core/philox.h"
#include "train/data/loader.h"

namespace medley::train {

// x -> matrix x + offset, clamped to 0..1.
struct ColourMap {
  std::array<std::array<float, 3>, 3> matrix{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  std::array<float, 3> offset{};
};

// Nothing is drawn for a part that the configuration leaves out.
bool changes_colour(const AugmentConfig& config);
ColourMap draw_colour_map(const AugmentConfig& config, Random& random);
// In place: planes [3, pixels].
void apply_colour(const ColourMap& map, float* planes, int64_t pixels);

}  // namespace medley::train
