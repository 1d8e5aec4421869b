// Exact matches and token F1 from their definitions; recall and BLEU from train/metrics.
#include "train/eval/scores.h"

#include <algorithm>
#include <numeric>

#include "train/metrics/bleu.h"
#include "train/metrics/recall.h"

namespace medley::train {
namespace {

// Words that both have, each as often as in the text that has it less often.
int64_t common_words(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  int64_t sum = 0;
  for_common(count_grams(a, 1), count_grams(b, 1),
             [&](const Gram&, int64_t x, int64_t y) { sum += std::min(x, y); });
  return sum;
}

}  // namespace

std::vector<int64_t> best_of(std::span<const float> scores, int64_t count) {
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  count = std::min(count, static_cast<int64_t>(order.size()));
  auto before = [&](int64_t a, int64_t b) {
    float first = scores[static_cast<size_t>(a)], second = scores[static_cast<size_t>(b)];
    return first != second ? first > second : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + count, order.end(), before);
  order.resize(static_cast<size_t>(count));
  return order;
}

Recall recall(const std::vector<std::vector<int64_t>>& ranking,
              const std::function<bool(int64_t, int64_t)>& right) {
  std::vector<int64_t> ranks;
  for (size_t q = 0; q < ranking.size(); ++q) {
    auto hit = std::find_if(ranking[q].begin(), ranking[q].end(),
                            [&](int64_t c) { return right(static_cast<int64_t>(q), c); });
    ranks.push_back(hit == ranking[q].end() ? kNotFound : hit - ranking[q].begin());
  }
  return {recall_at(ranks, 1), recall_at(ranks, 5)};
}

CaptionScores caption_scores(const std::vector<std::string>& said,
                             const std::vector<std::set<std::string>>& names,
                             const std::vector<std::string>& captions) {
  CaptionScores scores;
  BleuCounts bleu;
  for (size_t i = 0; i < said.size(); ++i) {
    scores.exact += names[i].contains(said[i]) ? 1 : 0;
    WordIds ids;
    const std::vector<int32_t> words = ids.ids(said[i]), caption = ids.ids(captions[i]);
    const size_t both = words.size() + caption.size();
    scores.token_f1 += both == 0 ? 1
                                 : 2 * static_cast<double>(common_words(words, caption)) /
                                       static_cast<double>(both);
    bleu.add(bleu_counts({said[i], {names[i].begin(), names[i].end()}}));
  }
  const double count = std::max<double>(1, static_cast<double>(said.size()));
  scores.exact /= count;
  scores.token_f1 /= count;
  scores.bleu2 = bleu.scores()[1];
  return scores;
}

}  // namespace medley::train
