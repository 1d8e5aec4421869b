// Clipped matches of n-grams and the closest length.
#include "train/metrics/bleu.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace medley::train {
namespace {

// The larger count of each gram.
GramCounts most(const GramCounts& a, const GramCounts& b) {
  GramCounts merged;
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(merged));
  // Of equal grams the larger count comes last.
  GramCounts result;
  for (const auto& entry : merged) {
    if (result.empty() || result.back().first != entry.first)
      result.push_back(entry);
    else
      result.back() = entry;
  }
  return result;
}

}  // namespace

BleuCounts bleu_counts(const ScoredText& text) {
  WordIds words;
  const std::vector<int32_t> said = words.ids(text.said);
  std::vector<std::vector<int32_t>> references;
  for (const std::string& reference : text.references) references.push_back(words.ids(reference));

  BleuCounts counts;
  counts.length = static_cast<int64_t>(said.size());
  std::pair<int64_t, int64_t> closest{std::numeric_limits<int64_t>::max(), 0};
  for (const auto& reference : references) {
    const auto length = static_cast<int64_t>(reference.size());
    closest = std::min(closest, {std::abs(length - counts.length), length});
  }
  counts.target = closest.second;
  for (size_t n = 1; n <= kLongestGram; ++n) {
    GramCounts allowed;
    for (const auto& reference : references) allowed = most(allowed, count_grams(reference, n));
    for_common(count_grams(said, n), allowed, [&](const Gram&, int64_t own, int64_t limit) {
      counts.matched[n - 1] += std::min(own, limit);
    });
    counts.total[n - 1] = std::max<int64_t>(0, counts.length - static_cast<int64_t>(n) + 1);
  }
  return counts;
}

void BleuCounts::add(const BleuCounts& other) {
  for (size_t n = 0; n < kLongestGram; ++n) {
    matched[n] += other.matched[n];
    total[n] += other.total[n];
  }
  length += other.length;
  target += other.target;
}

BleuScores BleuCounts::scores() const {
  constexpr double kTiny = 1e-15, kSmall = 1e-9;
  const double ratio =
      (static_cast<double>(length) + kTiny) / (static_cast<double>(target) + kSmall);
  const double penalty = ratio < 1 ? std::exp(1 - 1 / ratio) : 1;
  BleuScores scores{};
  double product = 1;
  for (size_t n = 0; n < kLongestGram; ++n) {
    product *= (static_cast<double>(matched[n]) + kTiny) / (static_cast<double>(total[n]) + kSmall);
    scores[n] = std::pow(product, 1.0 / static_cast<double>(n + 1)) * penalty;
  }
  return scores;
}

}  // namespace medley::train
