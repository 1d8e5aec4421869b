// Draws and percentiles.
#include "train/metrics/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "core/philox.h"
#include "core/threads.h"

namespace medley::train {
namespace {

constexpr int64_t kResamples = 1000;
constexpr uint64_t kSeed = 95;

}  // namespace

double percentile(std::span<const double> sorted, double percent) {
  const double at = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], at - static_cast<double>(below));
}

Interval bootstrap(int64_t items, const std::function<double(std::span<const int64_t>)>& figure) {
  if (items == 0) return {};
  std::vector<double> values(kResamples);
  parallel_for(kResamples, 1, [&](int64_t begin, int64_t end) {
    std::vector<int64_t> drawn(static_cast<size_t>(items));
    for (int64_t r = begin; r < end; ++r) {
      Random random(kSeed, Purpose::sampling, static_cast<uint64_t>(r));
      for (int64_t& item : drawn) item = random.below(static_cast<uint32_t>(items));
      values[static_cast<size_t>(r)] = figure(drawn);
    }
  });
  std::sort(values.begin(), values.end());
  return {percentile(values, 2.5), percentile(values, 97.5)};
}

}  // namespace medley::train
