// The figures of retrieval, apart from any model.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "train/eval/figures.h"

namespace medley::train {

// Indices of the `count` largest scores, best first; equal scores in order of index.
std::vector<int64_t> best_of(std::span<const float> scores, int64_t count);

// Candidates of each query, best first.
using Ranking = std::vector<std::vector<int64_t>>;

// The place of each query's first right candidate, from 0; kNotFound (train/metrics/recall.h) when
// none is listed.
std::vector<int64_t> ranks_of(const Ranking& ranking,
                              const std::function<bool(int64_t query, int64_t candidate)>& right);

// What a search is measured by.
struct Search {
  std::vector<int64_t> ranks;  // of each query
  std::vector<int64_t> right;  // how many candidates are right for it,
  int64_t candidates = 0;      // of so many
  // The queries that are drawn together for the intervals: those of one picture.
  std::vector<std::vector<int64_t>> groups;
};

// R@1, R@5 and R@10; with `median` the median rank too, from 1, for which every candidate is
// ranked. Beside them what a random order of the candidates is expected to reach.
FigureGroup search_figures(const Search& search, bool median, bool intervals);

}  // namespace medley::train
