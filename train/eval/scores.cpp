// Recall, token F1 and BLEU-2 from their definitions.
#include "train/eval/scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <sstream>

namespace medley::train {
namespace {

using Words = std::vector<std::string>;
using Counts = std::map<Words, int64_t>;

Words words_of(const std::string& text) {
  std::istringstream in(text);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

Counts grams(const Words& words, size_t n) {
  Counts counts;
  for (size_t i = 0; i + n <= words.size(); ++i)
    ++counts[Words(words.begin() + static_cast<std::ptrdiff_t>(i),
                   words.begin() + static_cast<std::ptrdiff_t>(i + n))];
  return counts;
}

int64_t overlap(const Counts& a, const Counts& b) {
  int64_t sum = 0;
  for (const auto& [gram, count] : a)
    if (auto found = b.find(gram); found != b.end()) sum += std::min(count, found->second);
  return sum;
}

// What BLEU-2 sums over a corpus.
struct Bleu {
  std::array<int64_t, 2> matched{}, total{};
  int64_t length = 0, target = 0;

  void add(const Words& said, const std::vector<Words>& names) {
    auto length_of = [](const Words& w) { return static_cast<int64_t>(w.size()); };
    int64_t own = length_of(said);
    std::pair<int64_t, int64_t> closest{INT64_MAX, 0};
    for (const Words& name : names)
      closest = std::min(closest, {std::abs(length_of(name) - own), length_of(name)});
    length += own;
    target += closest.second;
    for (size_t n = 1; n <= 2; ++n) {
      Counts most;
      for (const Words& name : names)
        for (const auto& [gram, count] : grams(name, n)) most[gram] = std::max(most[gram], count);
      matched[n - 1] += overlap(grams(said, n), most);
      total[n - 1] += std::max<int64_t>(0, own - static_cast<int64_t>(n) + 1);
    }
  }

  double value() const {
    double product = 1;
    for (size_t n = 0; n < 2; ++n)
      product *=
          static_cast<double>(matched[n]) / static_cast<double>(std::max<int64_t>(1, total[n]));
    double ratio = static_cast<double>(target) / static_cast<double>(std::max<int64_t>(1, length));
    return std::sqrt(product) * std::exp(std::min(0.0, 1 - ratio));
  }
};

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
  Recall result;
  for (size_t q = 0; q < ranking.size(); ++q) {
    auto hit = std::find_if(ranking[q].begin(), ranking[q].end(),
                            [&](int64_t c) { return right(static_cast<int64_t>(q), c); });
    auto rank = hit - ranking[q].begin();
    if (hit == ranking[q].end()) continue;
    if (rank < 1) ++result.r1;
    if (rank < 5) ++result.r5;
  }
  double queries = std::max<double>(1, static_cast<double>(ranking.size()));
  return {result.r1 / queries, result.r5 / queries};
}

CaptionScores caption_scores(const std::vector<std::string>& said,
                             const std::vector<std::set<std::string>>& names,
                             const std::vector<std::string>& captions) {
  CaptionScores scores;
  Bleu bleu;
  for (size_t i = 0; i < said.size(); ++i) {
    scores.exact += names[i].contains(said[i]) ? 1 : 0;
    Words words = words_of(said[i]), caption = words_of(captions[i]);
    size_t both = words.size() + caption.size();
    scores.token_f1 += both == 0
                           ? 1
                           : 2 * static_cast<double>(overlap(grams(words, 1), grams(caption, 1))) /
                                 static_cast<double>(both);
    std::vector<Words> right;
    for (const std::string& name : names[i]) right.push_back(words_of(name));
    bleu.add(words, right);
  }
  double count = std::max<double>(1, static_cast<double>(said.size()));
  scores.exact /= count;
  scores.token_f1 /= count;
  scores.bleu2 = bleu.value();
  return scores;
}

}  // namespace medley::train
