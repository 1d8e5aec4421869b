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

void apply(RandOp op, Image& image, double value, bool plain_autocontrast) {
  const double slope = static_cast<float>(value);  // single precision, as the original
  switch (op) {
    case RandOp::identity:
      return;
    case RandOp::autocontrast:
      return autocontrast(image, plain_autocontrast);
    case RandOp::equalize:
      return equalize(image);
    case RandOp::brightness:
      return brightness(image, value);
    case RandOp::sharpness:
      return sharpness(image, value);
    case RandOp::shear_x:
      return warp_image(image, {1, slope, 0, 0, 1, 0});
    case RandOp::shear_y:
      return warp_image(image, {1, 0, 0, slope, 1, 0});
    case RandOp::translate_x:
      return warp_image(image, {1, 0, -slope, 0, 1, 0});
    case RandOp::translate_y:
      return warp_image(image, {1, 0, 0, 0, 1, -slope});
    case RandOp::rotate:
      return warp_image(image, rotation(image, value));
  }
}

void rand_augment(Image& image, Random& random, bool plain_autocontrast) {
  struct Choice {
    RandOp op;
    double value;  // at strength 5; its sign is drawn
  };
  constexpr std::array<Choice, 10> kChoices{{{RandOp::autocontrast, 0},
                                             {RandOp::equalize, 0},
                                             {RandOp::shear_x, 0.15},
                                             {RandOp::shear_y, 0.15},
                                             {RandOp::translate_x, 5},
                                             {RandOp::translate_y, 5},
                                             {RandOp::rotate, 15},
                                             {RandOp::identity, 0},
                                             {RandOp::identity, 0},    // brightness by 1
                                             {RandOp::identity, 0}}};  // sharpness by 1
  for (int i = 0; i < 2; ++i) {
    const Choice& choice = kChoices[random.below(kChoices.size())];
    const bool chosen = random.uniform() < 0.5;
    const double sign = random.below(2) ? 1 : -1;
    if (chosen) apply(choice.op, image, sign * choice.value, plain_autocontrast);
  }
}

void brightness(Image& image, double factor) {
  Table table{};
  for (size_t i = 0; i < 256; ++i)
    table[i] = static_cast<uint8_t>(std::clamp(static_cast<double>(i) * factor, 0.0, 255.0));
  for (uint8_t& v : image.rgb) v = table[v];
}

void sharpness(Image& image, double factor) {
  if (factor == 1) return;
  const Image from = image;
  const auto strength = static_cast<float>(factor);
  const auto at = [&](int64_t x, int64_t y, int64_t c) {
    return from.rgb[static_cast<size_t>((y * from.width + x) * 3 + c)];
  };
  for (int64_t y = 1; y + 1 < image.height; ++y)
    for (int64_t x = 1; x + 1 < image.width; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        float sum = 0;
        for (int64_t dy = -1; dy <= 1; ++dy)
          for (int64_t dx = -1; dx <= 1; ++dx)
            sum += static_cast<float>(at(x + dx, y + dy, c)) * (dx == 0 && dy == 0 ? 5.0f : 1.0f);
        const float smooth = std::nearbyint(sum / 13);
        const float value = smooth + strength * (static_cast<float>(at(x, y, c)) - smooth);
        image.rgb[static_cast<size_t>((y * image.width + x) * 3 + c)] =
            static_cast<uint8_t>(static_cast<int32_t>(value));
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
