// Document frequencies first, then cosines.
#include "train/metrics/cider.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace medley::train {
namespace {

using Counts = std::array<GramCounts, kLongestGram>;

struct CountedText {
  Counts said;
  std::vector<Counts> references;
};

Counts count_all(const std::vector<int32_t>& words) {
  Counts counts;
  for (size_t n = 1; n <= kLongestGram; ++n) counts[n - 1] = count_grams(words, n);
  return counts;
}

int64_t bigrams(const Counts& counts) {
  int64_t sum = 0;
  for (const auto& [gram, count] : counts[1]) sum += count;
  return sum;
}

class Weights {
 public:
  explicit Weights(const std::vector<CountedText>& corpus)
      : log_items_(std::log(static_cast<double>(corpus.size()))) {
    for (const CountedText& text : corpus) {
      std::set<Gram> seen;
      for (const Counts& reference : text.references)
        for (const GramCounts& counts : reference)
          for (const auto& [gram, count] : counts) seen.insert(gram);
      for (const Gram& gram : seen) ++documents_[gram];
    }
  }

  double of(const Gram& gram) const {
    const auto found = documents_.find(gram);
    const int64_t documents = found == documents_.end() ? 1 : found->second;
    return log_items_ - std::log(static_cast<double>(documents));
  }

  double norm(const GramCounts& counts) const {
    double sum = 0;
    for (const auto& [gram, count] : counts) {
      const double weight = static_cast<double>(count) * of(gram);
      sum += weight * weight;
    }
    return std::sqrt(sum);
  }

  double product(const GramCounts& said, const GramCounts& reference) const {
    double sum = 0;
    for_common(said, reference, [&](const Gram& gram, int64_t own, int64_t right) {
      const int64_t counted = std::min(own, right);
      const double weight = of(gram);
      sum += static_cast<double>(counted) * weight * static_cast<double>(right) * weight;
    });
    return sum;
  }

 private:
  double log_items_;
  std::map<Gram, int64_t> documents_;
};

double score(const CountedText& text, const Weights& weights) {
  constexpr double kSigma = 6;
  double sum = 0;
  for (const Counts& reference : text.references) {
    double cosines = 0;
    for (size_t n = 0; n < kLongestGram; ++n) {
      const double norms = weights.norm(text.said[n]) * weights.norm(reference[n]);
      if (norms != 0) cosines += weights.product(text.said[n], reference[n]) / norms;
    }
    const auto difference = static_cast<double>(bigrams(text.said) - bigrams(reference));
    sum += cosines * std::exp(-difference * difference / (2 * kSigma * kSigma));
  }
  return 10 * sum / static_cast<double>(kLongestGram * text.references.size());
}

}  // namespace

std::vector<double> cider(const std::vector<ScoredText>& corpus) {
  WordIds words;
  std::vector<CountedText> counted;
  for (const ScoredText& text : corpus) {
    CountedText& item = counted.emplace_back();
    item.said = count_all(words.ids(text.said));
    for (const std::string& reference : text.references)
      item.references.push_back(count_all(words.ids(reference)));
  }
  const Weights weights(counted);
  std::vector<double> scores;
  for (const CountedText& text : counted) scores.push_back(score(text, weights));
  return scores;
}

}  // namespace medley::train
