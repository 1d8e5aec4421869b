// Retrieval figures against cases computed by hand.
#include "train/eval/scores.h"

#include <algorithm>
#include <numeric>

#include "tests/catch.h"
#include "train/metrics/recall.h"

namespace medley::train {
namespace {

TEST_CASE("scores: the best come first, equal ones in order") {
  std::vector<float> scores = {1, 3, 2, 3, 0};
  CHECK(best_of(scores, 3) == std::vector<int64_t>{1, 3, 2});
  CHECK(best_of(scores, 9) == std::vector<int64_t>{1, 3, 2, 0, 4});
  CHECK(best_of({}, 3).empty());
}

TEST_CASE("scores: a rank is the place of the first right candidate") {
  const Ranking ranking = {{0, 1, 2}, {2, 1, 0}, {1, 2}};
  CHECK(ranks_of(ranking, [](int64_t, int64_t c) { return c == 0; }) ==
        std::vector<int64_t>{0, 2, kNotFound});
  CHECK(ranks_of(ranking, [](int64_t q, int64_t c) { return c == q; }) ==
        std::vector<int64_t>{0, 1, 1});
}

TEST_CASE("scores: recall counts queries with a right candidate among the first") {
  Search search;
  search.ranks = {0, 5, 7, 12, 0};
  search.right = {1, 1, 1, 1, 2};
  search.candidates = 20;
  search.groups = {{0, 1}, {2}, {}, {3, 4}};
  const Json figures = search_figures(search, true, true).json();
  CHECK(figures.at("r1").number() == Approx(0.4));
  CHECK(figures.at("r5").number() == Approx(0.4));
  CHECK(figures.at("r10").number() == Approx(0.8));
  CHECK(figures.at("median_rank").number() == 6);
  CHECK(figures.at("r10_interval").items().at(0).number() < 0.8);
  const Json& chance = figures.at("trivial");
  CHECK(chance.at("r1").number() == Approx((4 * 1.0 / 20 + 2.0 / 20) / 5));
  CHECK(chance.at("median_rank").number() == Approx(21.0 / 2));
  CHECK(search_figures(search, false, false).json().find("median_rank") == nullptr);
}

TEST_CASE("scores: chance is the share of all orders with a right candidate among the first k") {
  // Of five candidates 0 and 1 are right: all 120 orders.
  for (const int64_t k : {1, 2, 3, 5}) {
    std::vector<int64_t> order(5);
    std::iota(order.begin(), order.end(), 0);
    int64_t hits = 0, orders = 0;
    do {
      hits += std::any_of(order.begin(), order.begin() + k, [](int64_t c) { return c < 2; });
      ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    CHECK(chance_at(k, 2, 5) == Approx(static_cast<double>(hits) / static_cast<double>(orders)));
  }
  CHECK(chance_at(10, 1, 4) == 1);
  CHECK(chance_at(3, 0, 9) == 0);
}

}  // namespace
}  // namespace medley::train
