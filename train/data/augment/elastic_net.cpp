// Knots are drawn once; a line of the picture needs only the knots blended for its height.
#include "train/data/augment/elastic_net.h"

#include <algorithm>

namespace medley::train {

ElasticNet::ElasticNet(double amount, Random& random) : moves_(amount > 0) {
  if (!moves_) return;
  for (auto& line : knots_)
    for (Shift& knot : line)
      knot = {static_cast<float>(random.uniform(-amount, amount)),
              static_cast<float>(random.uniform(-amount, amount))};
}

void ElasticNet::set_line(float v) {
  if (!moves_) return;
  const float place = v * (kKnots - 1);
  const auto knot = static_cast<size_t>(std::clamp(place, 0.0f, float{kKnots - 2}));
  const float part = place - static_cast<float>(knot);
  for (size_t k = 0; k < kKnots; ++k) {
    const Shift& a = knots_[knot][k];
    const Shift& b = knots_[knot + 1][k];
    line_[k] = {a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)};
  }
}

}  // namespace medley::train
