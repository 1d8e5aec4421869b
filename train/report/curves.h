// A loss curve as inline SVG.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace medley::train {

struct Curve {
  std::string title;                              // "ITC: contrastive"
  std::vector<std::pair<double, double>> points;  // step, value
  std::optional<double> chance;                   // marked by a dashed line
  std::string chance_label;                       // "chance ln 64 = 4.16"
};

std::string curve_svg(const Curve& curve);

// A round step for about `count` ticks over a range: 1, 2 or 5 times a power of ten.
double tick_step(double range, int count);

}  // namespace medley::train
