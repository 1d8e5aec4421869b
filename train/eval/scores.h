// The figures of retrieval and captioning, apart from any model.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace medley::train {

// Indices of the `count` largest scores, best first; equal scores in order of index.
std::vector<int64_t> best_of(std::span<const float> scores, int64_t count);

// Part of the queries that have a right candidate among the first 1 and the first 5.
struct Recall {
  double r1 = 0, r5 = 0;
};
// ranking[q]: candidates of query q, best first.
Recall recall(const std::vector<std::vector<int64_t>>& ranking,
              const std::function<bool(int64_t query, int64_t candidate)>& right);

struct CaptionScores {
  double exact = 0;     // part that equals one of the names, word for word
  double token_f1 = 0;  // mean F1 of the bags of words against the caption
  double bleu2 = 0;     // corpus BLEU-2 against all names (train/metrics/bleu.h)
};
// One entry a picture: what was said, every text that is right for it, its caption. Words are split
// at spaces.
CaptionScores caption_scores(const std::vector<std::string>& said,
                             const std::vector<std::set<std::string>>& names,
                             const std::vector<std::string>& captions);

}  // namespace medley::train
