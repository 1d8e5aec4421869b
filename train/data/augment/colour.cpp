// Multiplies all colour changes into one matrix and one offset.
#include "train/data/augment/colour.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace medley::train {
namespace {

// Turns colours about the axis of greys (Rodrigues' formula).
std::array<std::array<float, 3>, 3> hue_rotation(double angle) {
  const double same = (1 + 2 * std::cos(angle)) / 3;
  const double rest = (1 - std::cos(angle)) / 3, skew = std::sin(angle) / std::numbers::sqrt3;
  const auto a = static_cast<float>(same), b = static_cast<float>(rest - skew),
             c = static_cast<float>(rest + skew);
  return {{{a, b, c}, {c, a, b}, {b, c, a}}};
}

}  // namespace

bool changes_colour(const AugmentConfig& config) {
  return config.strength * config.colour > 0 || config.hue > 0 || config.grey > 0 ||
         config.invert > 0;
}

ColourMap draw_colour_map(const AugmentConfig& config, Random& random) {
  ColourMap map;
  if (config.hue > 0) map.matrix = hue_rotation(random.uniform(-config.hue, config.hue));
  double saturation = 1, contrast = 1, brightness = 0;
  std::array<double, 3> tint{};
  if (const double c = config.strength * config.colour; c > 0) {
    saturation += random.uniform(-0.6 * c, 0.6 * c);
    contrast += random.uniform(-0.5 * c, 0.5 * c);
    brightness = random.uniform(-0.2 * c, 0.2 * c);
    for (double& t : tint) t = 0.06 * c * random.normal();
  }
  if (config.grey > 0 && random.uniform() < config.grey) saturation = 0;
  const bool invert = config.invert > 0 && random.uniform() < config.invert;
  const double scale = invert ? -contrast : contrast;
  for (size_t column = 0; column < 3; ++column) {
    double mean = 0;
    for (size_t row = 0; row < 3; ++row) mean += map.matrix[row][column] / 3.0;
    for (size_t row = 0; row < 3; ++row)
      map.matrix[row][column] =
          static_cast<float>(scale * (mean + saturation * (map.matrix[row][column] - mean)));
  }
  for (size_t c = 0; c < 3; ++c) {
    const double offset = 0.5 - 0.5 * contrast + brightness + tint[c];
    map.offset[c] = static_cast<float>(invert ? 1 - offset : offset);
  }
  return map;
}

void apply_colour(const ColourMap& map, float* planes, int64_t pixels) {
  const auto& m = map.matrix;
  float* red = planes;
  float* green = planes + pixels;
  float* blue = planes + 2 * pixels;
  for (int64_t i = 0; i < pixels; ++i) {
    const float r = red[i], g = green[i], b = blue[i];
    const float x = m[0][0] * r + m[0][1] * g + m[0][2] * b + map.offset[0];
    const float y = m[1][0] * r + m[1][1] * g + m[1][2] * b + map.offset[1];
    const float z = m[2][0] * r + m[2][1] * g + m[2][2] * b + map.offset[2];
    red[i] = std::min(std::max(x, 0.0f), 1.0f);
    green[i] = std::min(std::max(y, 0.0f), 1.0f);
    blue[i] = std::min(std::max(z, 0.0f), 1.0f);
  }
}

}  // namespace medley::train
