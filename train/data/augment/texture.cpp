// 3x3 filters, a flood fill from the border, a covered square.
#include "train/data/augment/texture.h"

#include <algorithm>

namespace medley::train {
namespace {

// Runs a three-tap filter along rows, then along columns; edges repeat.
template <class Filter>
void filter_3x3(float* planes, int64_t side, Filter filter) {
  std::vector<float> rows(static_cast<size_t>(side * side));
  for (int64_t c = 0; c < 3; ++c) {
    float* plane = planes + c * side * side;
    for (int64_t y = 0; y < side; ++y) {
      const float* from = plane + y * side;
      float* to = rows.data() + y * side;
      to[0] = filter(from[0], from[0], from[std::min<int64_t>(1, side - 1)]);
      for (int64_t x = 1; x + 1 < side; ++x) to[x] = filter(from[x - 1], from[x], from[x + 1]);
      to[side - 1] = filter(from[std::max<int64_t>(side - 2, 0)], from[side - 1], from[side - 1]);
    }
    for (int64_t y = 0; y < side; ++y) {
      const float* above = rows.data() + std::max<int64_t>(y - 1, 0) * side;
      const float* here = rows.data() + y * side;
      const float* below = rows.data() + std::min(y + 1, side - 1) * side;
      for (int64_t x = 0; x < side; ++x) plane[y * side + x] = filter(above[x], here[x], below[x]);
    }
  }
}

}  // namespace

void recolour_ground(float* planes, int64_t side, const std::array<float, 3>& colour) {
  constexpr float kWhite = 250.0f / 255.0f;
  const int64_t pixels = side * side;
  std::vector<uint8_t> seen(static_cast<size_t>(pixels), 0);
  std::vector<int64_t> found;
  auto visit = [&](int64_t at) {
    uint8_t& mark = seen[static_cast<size_t>(at)];
    if (mark || planes[at] < kWhite || planes[pixels + at] < kWhite ||
        planes[2 * pixels + at] < kWhite)
      return;
    mark = 1;
    found.push_back(at);
  };
  for (int64_t i = 0; i < side; ++i)
    for (const int64_t at : {i, pixels - side + i, i * side, i * side + side - 1}) visit(at);
  for (size_t next = 0; next < found.size(); ++next) {
    const int64_t at = found[next], x = at % side;
    if (x > 0) visit(at - 1);
    if (x + 1 < side) visit(at + 1);
    if (at >= side) visit(at - side);
    if (at + side < pixels) visit(at + side);
  }
  for (const int64_t at : found)
    for (int64_t c = 0; c < 3; ++c) planes[c * pixels + at] = colour[static_cast<size_t>(c)];
}

void spread_extreme(float* planes, int64_t side, bool darker) {
  if (darker)
    filter_3x3(planes, side, [](float a, float b, float c) { return std::min(std::min(a, b), c); });
  else
    filter_3x3(planes, side, [](float a, float b, float c) { return std::max(std::max(a, b), c); });
}

void blur(float* planes, int64_t side) {
  filter_3x3(planes, side, [](float a, float b, float c) { return 0.25f * (a + 2 * b + c); });
}

void cut_out(float* planes, int64_t side, Random& random) {
  const auto size =
      static_cast<int64_t>(random.uniform(0.1, 1.0 / 3.0) * static_cast<double>(side));
  const auto free = static_cast<uint32_t>(side - size + 1);
  const int64_t left = random.below(free), top = random.below(free);
  for (int64_t c = 0; c < 3; ++c) {
    float* plane = planes + c * side * side;
    const float fill = plane[0];
    for (int64_t y = top; y < top + size; ++y) std::fill_n(plane + y * side + left, size, fill);
  }
}

}  // namespace medley::train
