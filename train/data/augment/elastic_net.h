// A smooth random deformation: 4 x 4 knots over the unit square, each shifted by up to `amount`,
// linear in between.
#pragma once

#include <array>
#include <cstddef>

#include "core/philox.h"

namespace medley::train {

class ElasticNet {
 public:
  struct Shift {
    float x = 0, y = 0;
  };

  ElasticNet() = default;  // shifts nothing
  ElasticNet(double amount, Random& random);
  // Shifts along the line at height v in [0, 1]; then the one at u on that line.
  void set_line(float v);
  Shift at(float u) const {
    if (!moves_) return {};
    const float place = u * (kKnots - 1);
    const auto knot = static_cast<size_t>(place < 0 ? 0 : place > kKnots - 2 ? kKnots - 2 : place);
    const float part = place - static_cast<float>(knot);
    const Shift& a = line_[knot];
    const Shift& b = line_[knot + 1];
    return {a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)};
  }

 private:
  static constexpr int kKnots = 4;
  bool moves_ = false;
  std::array<std::array<Shift, kKnots>, kKnots> knots_{};
  std::array<Shift, kKnots> line_{};
};

}  // namespace medley::train
