// One pass over the labels, with a histogram for a memory.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/capfilt/capfilt.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

constexpr double kConstant = 1e-3;  // standard deviation of the probabilities of a collapsed filter

// How the probabilities lie, in a million bins.
class Histogram {
 public:
  void add(double probability) {
    const auto bin = static_cast<size_t>(probability * static_cast<double>(counts_.size()));
    ++counts_[std::min(bin, counts_.size() - 1)];
    ++count_;
    sum_ += probability;
    squares_ += probability * probability;
  }
  int64_t count() const { return count_; }
  double mean() const { return sum_ / static_cast<double>(count_); }
  double deviation() const {
    return std::sqrt(std::max(0.0, squares_ / static_cast<double>(count_) - mean() * mean()));
  }
  // A threshold above which at least this part of the probabilities is: just below the edge of a
  // bin, the highest that will do.
  double above(double part) const {
    const double wanted = part * static_cast<double>(count_);
    int64_t above = 0;
    for (size_t bin = counts_.size(); bin-- > 0;) {
      above += counts_[bin];
      if (static_cast<double>(above) >= wanted)
        return std::nextafter(static_cast<double>(bin) / static_cast<double>(counts_.size()), -1);
    }
    return 0;
  }

 private:
  std::vector<int64_t> counts_ = std::vector<int64_t>(1 << 20);
  int64_t count_ = 0;
  double sum_ = 0, squares_ = 0;
};

}  // namespace

void validate_threshold(double threshold) {
  if (!(threshold >= 0 && threshold <= 1))
    throw ConfigError(str("the threshold is ", threshold, " but must be from 0 to 1"));
}

double threshold_of(const SelectOptions& options, const LabelFolder& folder) {
  validate_threshold(options.threshold);
  if (options.keep && !(*options.keep > 0 && *options.keep <= 1))
    throw ConfigError(str("--keep is ", *options.keep, " but must be above 0 and at most 1"));
  Histogram histogram;
  folder.each([&](const LabelledPicture& picture) {
    if (!picture.error.empty()) return;
    for (const LabelledText& text : picture.texts)
      if (text.error.empty() && options.may_keep(text)) histogram.add(text.probability);
  });
  if (histogram.count() == 0)
    throw DataError(folder.path() + " has no text with a probability, so nothing can be kept");
  if (histogram.deviation() < kConstant)
    warn(str("the filter says nearly the same of all ", with_commas(histogram.count()),
             " texts: ", fixed(histogram.mean(), 4), " with a deviation of ", histogram.deviation(),
             ". It has not learned to tell them apart"));
  return options.keep ? histogram.above(*options.keep) : options.threshold;
}

}  // namespace medley::train
