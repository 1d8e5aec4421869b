// After Pillow's src/libImaging/Resample.c: the weights are computed in double, normalised, then
// rounded to fixed point, so that integer sums give the same bytes everywhere.
#include "train/data/resize.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

constexpr int kBits = 22;  // 32 minus 8 of the value minus 2 for the overshoot of negative lobes

// Keys' cubic convolution with a = -0.5 (Keys 1981, eq. 4).
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

struct Weights {
  std::vector<int64_t> first, count;  // [out]: the inputs that an output is made of
  std::vector<int32_t> values;        // [out, taps]
  int64_t taps = 0;
};

Weights make_weights(int64_t in, int64_t out) {
  Weights weights;
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double stretch = std::max(scale, 1.0);
  const double support = 2.0 * stretch;
  weights.taps = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  weights.values.assign(static_cast<size_t>(out * weights.taps), 0);
  std::vector<double> row(static_cast<size_t>(weights.taps));
  for (int64_t o = 0; o < out; ++o) {
    const double centre = (static_cast<double>(o) + 0.5) * scale;
    const auto first = std::max<int64_t>(static_cast<int64_t>(centre - support + 0.5), 0);
    const auto last = std::min(static_cast<int64_t>(centre + support + 0.5), in);
    const int64_t count = last - first;
    double sum = 0;
    for (int64_t t = 0; t < count; ++t) {
      const double w = bicubic((static_cast<double>(t + first) - centre + 0.5) * (1.0 / stretch));
      row[static_cast<size_t>(t)] = w;
      sum += w;
    }
    for (int64_t t = 0; t < count; ++t) {
      double w = row[static_cast<size_t>(t)];
      if (sum != 0) w /= sum;
      weights.values[static_cast<size_t>(o * weights.taps + t)] =
          static_cast<int32_t>((w < 0 ? -0.5 : 0.5) + w * (1 << kBits));
    }
    weights.first.push_back(first);
    weights.count.push_back(count);
  }
  return weights;
}

uint8_t to_byte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kBits, 0, 255)); }

Image resize_width(const Image& image, int64_t width) {
  const Weights weights = make_weights(image.width, width);
  Image out{width, image.height,
            std::vector<uint8_t>(static_cast<size_t>(width * image.height * 3))};
  uint8_t* to = out.rgb.data();
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* row = image.rgb.data() + y * image.width * 3;
    for (int64_t x = 0; x < width; ++x) {
      const auto at = static_cast<size_t>(x);
      const int32_t* w = weights.values.data() + x * weights.taps;
      const uint8_t* from = row + weights.first[at] * 3;
      int32_t sum[3] = {1 << (kBits - 1), 1 << (kBits - 1), 1 << (kBits - 1)};
      for (int64_t t = 0; t < weights.count[at]; ++t)
        for (int64_t c = 0; c < 3; ++c) sum[c] += from[3 * t + c] * w[t];
      for (const int32_t s : sum) *to++ = to_byte(s);
    }
  }
  return out;
}

Image resize_height(const Image& image, int64_t height) {
  const Weights weights = make_weights(image.height, height);
  const int64_t row_bytes = image.width * 3;
  Image out{image.width, height, std::vector<uint8_t>(static_cast<size_t>(row_bytes * height))};
  std::vector<int32_t> sums(static_cast<size_t>(row_bytes));
  for (int64_t y = 0; y < height; ++y) {
    const auto at = static_cast<size_t>(y);
    std::fill(sums.begin(), sums.end(), 1 << (kBits - 1));
    for (int64_t t = 0; t < weights.count[at]; ++t) {
      const int32_t w = weights.values[static_cast<size_t>(y * weights.taps + t)];
      const uint8_t* from = image.rgb.data() + (weights.first[at] + t) * row_bytes;
      for (int64_t i = 0; i < row_bytes; ++i) sums[static_cast<size_t>(i)] += from[i] * w;
    }
    std::transform(sums.begin(), sums.end(), out.rgb.begin() + y * row_bytes, to_byte);
  }
  return out;
}

}  // namespace

Image resize_bicubic(const Image& image, int64_t width, int64_t height) {
  if (width <= 0 || height <= 0 || image.width <= 0 || image.height <= 0)
    throw ValueError(str("[resize] from ", image.width, " x ", image.height, " to ", width, " x ",
                         height, " pixels: all must be positive"));
  if (image.width == width && image.height == height) return image;
  if (image.width == width) return resize_height(image, height);
  const Image narrow = resize_width(image, width);
  return image.height == height ? narrow : resize_height(narrow, height);
}

Image crop(const Image& image, int64_t left, int64_t top, int64_t width, int64_t height) {
  if (left < 0 || top < 0 || width <= 0 || height <= 0 || left + width > image.width ||
      top + height > image.height)
    throw ValueError(str("[crop] ", width, " x ", height, " at (", left, ", ", top,
                         ") is not inside ", image.width, " x ", image.height, " pixels"));
  Image out{width, height, {}};
  out.rgb.reserve(static_cast<size_t>(width * height * 3));
  for (int64_t y = top; y < top + height; ++y) {
    const auto row = image.rgb.begin() + (y * image.width + left) * 3;
    out.rgb.insert(out.rgb.end(), row, row + width * 3);
  }
  return out;
}

}  // namespace medley::train
