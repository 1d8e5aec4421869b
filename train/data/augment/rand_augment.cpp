// Look-up tables for the histogram operations, a fixed-point warp for the rest.
#include "train/data/augment/rand_augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace medley::train {
namespace {

using Table = std::array<uint8_t, 256>;

template <class MakeTable>
void map_channels(Image& image, MakeTable make_table) {
  for (size_t c = 0; c < 3; ++c) {
    std::array<int64_t, 256> histogram{};
    for (size_t i = c; i < image.rgb.size(); i += 3) ++histogram[image.rgb[i]];
    const Table table = make_table(histogram);
    for (size_t i = c; i < image.rgb.size(); i += 3) image.rgb[i] = table[image.rgb[i]];
  }
}

Table identity() {
  Table table{};
  for (size_t i = 0; i < 256; ++i) table[i] = static_cast<uint8_t>(i);
  return table;
}

// Rotation by `degrees` against the clock about the centre, as OpenCV's getRotationMatrix2D.
std::array<double, 6> rotation(const Image& image, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  const double a = std::cos(angle), b = std::sin(angle);
  const double x = static_cast<double>(image.width) / 2, y = static_cast<double>(image.height) / 2;
  return {a, b, (1 - a) * x - b * y, -b, a, b * x + (1 - a) * y};
}

}  // namespace

void rand_augment(Image& image, Random& random, bool plain_autocontrast) {
  for (int i = 0; i < 2; ++i) {
    const uint32_t operation = random.below(10);
    const bool apply = random.uniform() < 0.5;
    const double sign = random.below(2) ? 1 : -1;
    if (!apply) continue;
    const double shear = static_cast<float>(sign * 0.15);  // single precision, as the original
    switch (operation) {
      case 0:
        autocontrast(image, plain_autocontrast);
        break;
      case 1:
        equalize(image);
        break;
      case 2:
        warp_image(image, {1, shear, 0, 0, 1, 0});
        break;
      case 3:
        warp_image(image, {1, 0, 0, shear, 1, 0});
        break;
      case 4:
        warp_image(image, {1, 0, -5 * sign, 0, 1, 0});
        break;
      case 5:
        warp_image(image, {1, 0, 0, 0, 1, -5 * sign});
        break;
      case 6:
        warp_image(image, rotation(image, 15 * sign));
        break;
      default:
        break;  // identity, brightness, sharpness
    }
  }
}

void autocontrast(Image& image, bool plain) {
  map_channels(image, [plain](const std::array<int64_t, 256>& histogram) {
    Table table = identity();
    int low = 0, high = 255;
    while (low < 256 && histogram[static_cast<size_t>(low)] == 0) ++low;
    while (high > low && histogram[static_cast<size_t>(high)] == 0) --high;
    if (low >= high) return table;
    const double scale = 255.0 / (high - low);
    const double offset = (plain ? -low : (256 - low) % 256) * scale;
    for (size_t i = 0; i < 256; ++i)
      table[i] =
          static_cast<uint8_t>(std::clamp(static_cast<double>(i) * scale + offset, 0.0, 255.0));
    return table;
  });
}

void equalize(Image& image) {
  map_channels(image, [](const std::array<int64_t, 256>& histogram) {
    Table table = identity();
    size_t last = 255;
    while (last > 0 && histogram[last] == 0) --last;
    int64_t before = 0;
    for (size_t i = 0; i < last; ++i) before += histogram[i];
    const int64_t step = before / 255;
    if (step == 0) return table;
    int64_t sum = step / 2;
    for (size_t i = 0; i < 256; ++i) {
      table[i] = static_cast<uint8_t>(std::min<int64_t>(sum / step, 255));
      sum += histogram[i];
    }
    return table;
  });
}

// OpenCV 4, imgproc/src/imgwarp.cpp: the inverse in double, coordinates in fixed point with 10 bits
// that are then rounded to 1/32 pixel, weights with 15 bits.
void warp_image(Image& image, const std::array<double, 6>& m) {
  constexpr int64_t kScale = 1024, kSteps = 32;
  constexpr int32_t kOutside = 128;
  const double determinant = m[0] * m[4] - m[1] * m[3];
  const double d = determinant != 0 ? 1 / determinant : 0;
  const double a = m[4] * d, b = -m[1] * d, c = -m[3] * d, e = m[0] * d;
  const double shift_x = -a * m[2] - b * m[5], shift_y = -c * m[2] - e * m[5];
  auto fixed = [](double value) { return static_cast<int64_t>(std::llrint(value * kScale)); };

  Image out{image.width, image.height, std::vector<uint8_t>(image.rgb.size())};
  uint8_t* to = out.rgb.data();
  for (int64_t y = 0; y < image.height; ++y) {
    const auto row = static_cast<double>(y);
    const int64_t line_x = fixed(b * row + shift_x) + kScale / kSteps / 2;
    const int64_t line_y = fixed(e * row + shift_y) + kScale / kSteps / 2;
    for (int64_t x = 0; x < image.width; ++x) {
      const int64_t from_x = (line_x + fixed(a * static_cast<double>(x))) >> 5;
      const int64_t from_y = (line_y + fixed(c * static_cast<double>(x))) >> 5;
      const int64_t column = from_x >> 5, line = from_y >> 5;
      const auto fx = static_cast<int32_t>(from_x & 31), fy = static_cast<int32_t>(from_y & 31);
      for (int64_t channel = 0; channel < 3; ++channel) {
        auto tap = [&](int64_t px, int64_t py) -> int32_t {
          if (px < 0 || py < 0 || px >= image.width || py >= image.height) return kOutside;
          return image.rgb[static_cast<size_t>((py * image.width + px) * 3 + channel)];
        };
        // Weights are multiples of 1/1024: the sum is exact, then rounded half up.
        const int32_t sum =
            (32 - fy) * ((32 - fx) * tap(column, line) + fx * tap(column + 1, line)) +
            fy * ((32 - fx) * tap(column, line + 1) + fx * tap(column + 1, line + 1));
        *to++ = static_cast<uint8_t>((sum + 512) >> 10);
      }
    }
  }
  image = std::move(out);
}

}  // namespace medley::train
