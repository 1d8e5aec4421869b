// A square picture to be sampled at any place: four floats a pixel (three channels and one unused,
// so that a pixel is one vector register), zero outside.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace medley::train {

using Float4 = float __attribute__((vector_size(16)));

class Texels {
 public:
  Texels() = default;
  explicit Texels(int64_t side)
      : side_(side), values_(static_cast<size_t>((side + kBorder) * (side + kBorder)), Float4{}) {}

  int64_t side() const { return side_; }
  Float4& at(int64_t x, int64_t y) {
    return values_[static_cast<size_t>((y + 1) * (side_ + kBorder) + x + 1)];
  }
  // Bilinear, pixel centres at whole numbers. Places outside are moved into the border of zeros:
  // one pixel before, two behind, as the right neighbour of the last border pixel is read too.
  Float4 sample(float x, float y) const {
    const auto limit = static_cast<float>(side_ + 1);
    x = std::clamp(x + 1.0f, 0.0f, limit);
    y = std::clamp(y + 1.0f, 0.0f, limit);
    const auto column = static_cast<int32_t>(x), row = static_cast<int32_t>(y);
    const float fx = x - static_cast<float>(column), fy = y - static_cast<float>(row);
    const Float4* upper = values_.data() + row * (side_ + kBorder) + column;
    const Float4* lower = upper + side_ + kBorder;
    const Float4 top = upper[0] + fx * (upper[1] - upper[0]);
    const Float4 bottom = lower[0] + fx * (lower[1] - lower[0]);
    return top + fy * (bottom - top);
  }

 private:
  static constexpr int64_t kBorder = 3;
  int64_t side_ = 0;
  std::vector<Float4> values_;  // [side + 3, side + 3]
};

}  // namespace medley::train
