// How far a figure would move on other data of the same kind: its 95 % interval by the percentile
// bootstrap (Efron 1979). The items (pictures, questions) are drawn with replacement, as many as
// there are, 1000 times; the interval goes from the 2.5th to the 97.5th percentile of the figure.
// The draws depend on the number of items only, so the same data gives the same interval again.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace medley::train {

struct Interval {
  double low = 0, high = 0;
};

// figure(items): its value over these items, of which some come several times. It is called from
// several threads at once. No items: 0 to 0.
Interval bootstrap(int64_t items, const std::function<double(std::span<const int64_t>)>& figure);

// Linear between the two nearest of the sorted values, as numpy.percentile; `percent` 0 to 100.
// `sorted` is not empty.
double percentile(std::span<const double> sorted, double percent);

}  // namespace medley::train
