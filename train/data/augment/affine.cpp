// Draws the map, and samples a picture through it.
#include "train/data/augment/affine.h"

#include <cmath>

namespace medley::train {

AffineMap draw_affine_map(double strength, Random& random) {
  auto within = [&](double range) { return random.uniform(-range * strength, range * strength); };
  const double angle = within(0.2), zoom = std::exp(within(0.25)), ratio = std::exp(within(0.12));
  const double cosine = std::cos(angle) * zoom, sine = std::sin(angle) * zoom;
  const double shear_x = within(0.1), shift_x = within(0.15);
  const double shear_y = within(0.1), shift_y = within(0.15);
  AffineMap map;
  const double values[6] = {cosine * ratio, -sine + shear_x, shift_x,
                            sine + shear_y, cosine / ratio,  shift_y};
  for (int i = 0; i < 6; ++i) map.m[i] = static_cast<float>(values[i]);
  return map;
}

void apply_affine(const AffineMap& map, ElasticNet& net, Texels& texels, float* planes) {
  const int64_t side = texels.side(), pixels = side * side;
  const Float4 fill{planes[0], planes[pixels], planes[2 * pixels], 0};
  for (int64_t y = 0; y < side; ++y)
    for (int64_t x = 0; x < side; ++x) {
      const float* pixel = planes + y * side + x;
      texels.at(x, y) = Float4{pixel[0], pixel[pixels], pixel[2 * pixels], 0} - fill;
    }
  const auto size = static_cast<float>(side);
  const float half = size / 2;
  for (int64_t y = 0; y < side; ++y) {
    const float v = (static_cast<float>(y) + 0.5f) / size;
    net.set_line(v);
    for (int64_t x = 0; x < side; ++x) {
      const float u = (static_cast<float>(x) + 0.5f) / size;
      const float gx = 2 * u - 1, gy = 2 * v - 1;
      const ElasticNet::Shift shift = net.at(u);
      const float from_x = map.m[0] * gx + map.m[1] * gy + map.m[2] + 2 * shift.x;
      const float from_y = map.m[3] * gx + map.m[4] * gy + map.m[5] + 2 * shift.y;
      const Float4 value =
          fill + texels.sample((from_x + 1) * half - 0.5f, (from_y + 1) * half - 0.5f);
      float* pixel = planes + y * side + x;
      pixel[0] = value[0];
      pixel[pixels] = value[1];
      pixel[2 * pixels] = value[2];
    }
  }
}

}  // namespace medley::train
