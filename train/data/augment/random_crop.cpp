// The box is chosen as torchvision chooses it.
#include "train/data/augment/random_crop.h"

#include <algorithm>
#include <cmath>

#include "train/data/resize.h"

namespace medley::train {

CropBox choose_crop(int64_t width, int64_t height, double scale,
                    const std::function<double(double, double)>& between,
                    const std::function<int64_t(int64_t)>& below) {
  constexpr double kNarrow = 3.0 / 4.0, kWide = 4.0 / 3.0;
  // Half to even, as Python's round().
  auto round = [](double value) { return static_cast<int64_t>(std::nearbyint(value)); };
  const auto area = static_cast<double>(width * height);
  for (int i = 0; i < 10; ++i) {
    const double target = area * between(scale, 1.0);
    const double ratio = std::exp(between(std::log(kNarrow), std::log(kWide)));
    const int64_t w = round(std::sqrt(target * ratio)), h = round(std::sqrt(target / ratio));
    if (w <= 0 || h <= 0 || w > width || h > height) continue;
    const int64_t top = below(height - h + 1), left = below(width - w + 1);
    return {left, top, w, h};
  }
  int64_t w = width, h = height;
  const double ratio = static_cast<double>(width) / static_cast<double>(height);
  if (ratio < kNarrow) h = round(static_cast<double>(width) / kNarrow);
  if (ratio > kWide) w = round(static_cast<double>(height) * kWide);
  return {(width - w) / 2, (height - h) / 2, w, h};
}

CropBox choose_crop(int64_t width, int64_t height, double scale, Random& random) {
  return choose_crop(
      width, height, scale, [&](double low, double high) { return random.uniform(low, high); },
      [&](int64_t n) { return static_cast<int64_t>(random.below(static_cast<uint32_t>(n))); });
}

Image random_resized_crop(const Image& image, int64_t side, double scale, Random& random) {
  const CropBox box = choose_crop(image.width, image.height, scale, random);
  return resize_bicubic(crop(image, box.left, box.top, box.width, box.height), side, side);
}

void mirror(Image& image) {
  for (int64_t y = 0; y < image.height; ++y) {
    uint8_t* row = image.rgb.data() + y * image.width * 3;
    for (int64_t left = 0, right = image.width - 1; left < right; ++left, --right)
      std::swap_ranges(row + 3 * left, row + 3 * left + 3, row + 3 * right);
  }
}

}  // namespace medley::train
