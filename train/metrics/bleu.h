// BLEU-1 to BLEU-4 of a corpus (Papineni et al. 2002) with the small terms and the choice of the
// reference length of the COCO caption evaluation (Chen et al. 2015):
//   p_n    = (matches_n + 1e-15) / (n-grams_n + 1e-9), matches clipped by the most that one
//            reference has
//   BLEU-n = (p_1 ... p_n)^(1/n) * exp(min(0, 1 - 1/r)),  r = (length + 1e-15) / (target + 1e-9)
// The target of a text is the length of its closest reference, of two equally close the shorter.
#pragma once

#include <array>
#include <vector>

#include "train/metrics/ngrams.h"

namespace medley::train {

using BleuScores = std::array<double, kLongestGram>;  // [n - 1]

// Sums over a text or a corpus.
struct BleuCounts {
  std::array<int64_t, kLongestGram> matched{}, total{};
  int64_t length = 0, target = 0;

  void add(const BleuCounts& other);
  BleuScores scores() const;
};
// The counts of one text; `references` is not empty.
BleuCounts bleu_counts(const ScoredText& text);

}  // namespace medley::train
