// Ranks and the figures made of them.
#include "train/eval/scores.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "train/metrics/bootstrap.h"
#include "train/metrics/recall.h"

namespace medley::train {
namespace {

constexpr int64_t kAmong[] = {1, 5, 10};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return percentile(values, 50);
}

Json by_chance(const Search& search, bool with_median) {
  Json figures = Json::object();
  for (const int64_t k : kAmong) {
    double sum = 0;
    for (const int64_t right : search.right) sum += chance_at(k, right, search.candidates);
    figures.set("r" + std::to_string(k),
                sum / static_cast<double>(std::max<size_t>(1, search.right.size())));
  }
  if (with_median) {
    std::vector<double> expected;  // of the first of `right` among `candidates` in random order
    for (const int64_t right : search.right)
      expected.push_back(static_cast<double>(search.candidates + 1) /
                         static_cast<double>(right + 1));
    figures.set("median_rank", median(expected));
  }
  return figures;
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

std::vector<int64_t> ranks_of(const Ranking& ranking,
                              const std::function<bool(int64_t, int64_t)>& right) {
  std::vector<int64_t> ranks;
  for (size_t q = 0; q < ranking.size(); ++q) {
    const auto hit = std::find_if(ranking[q].begin(), ranking[q].end(),
                                  [&](int64_t c) { return right(static_cast<int64_t>(q), c); });
    ranks.push_back(hit == ranking[q].end() ? kNotFound : hit - ranking[q].begin());
  }
  return ranks;
}

FigureGroup search_figures(const Search& search, bool with_median, bool intervals) {
  FigureGroup figures(static_cast<int64_t>(search.groups.size()), intervals);
  const auto group = [&](int64_t g) -> auto& { return search.groups[static_cast<size_t>(g)]; };
  const auto rank = [&](int64_t q) { return search.ranks[static_cast<size_t>(q)]; };
  for (const int64_t k : kAmong)
    figures.add("r" + std::to_string(k), [&, k](std::span<const int64_t> drawn) {
      int64_t hits = 0, queries = 0;
      for (const int64_t g : drawn)
        for (const int64_t q : group(g)) {
          hits += rank(q) < k;
          ++queries;
        }
      return static_cast<double>(hits) / static_cast<double>(std::max<int64_t>(1, queries));
    });
  if (with_median)
    figures.add("median_rank", [&](std::span<const int64_t> drawn) {
      std::vector<double> ranks;
      for (const int64_t g : drawn)
        for (const int64_t q : group(g)) ranks.push_back(static_cast<double>(rank(q)) + 1);
      return median(std::move(ranks));
    });
  figures.set_trivial(by_chance(search, with_median));
  return figures;
}

}  // namespace medley::train
