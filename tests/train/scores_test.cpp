// Retrieval and caption figures against cases computed by hand.
#include "train/eval/scores.h"

#include <cmath>

#include "tests/catch.h"

namespace medley::train {
namespace {

TEST_CASE("scores: the best come first, equal ones in order") {
  std::vector<float> scores = {1, 3, 2, 3, 0};
  CHECK(best_of(scores, 3) == std::vector<int64_t>{1, 3, 2});
  CHECK(best_of(scores, 9) == std::vector<int64_t>{1, 3, 2, 0, 4});
  CHECK(best_of({}, 3).empty());
}

TEST_CASE("scores: recall counts queries with a right candidate among the first") {
  std::vector<std::vector<int64_t>> ranking = {
      {0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {1, 2, 3, 4, 5, 0}, {2, 3, 4, 0, 1}};
  // The right candidate is 0: first, sixth, sixth, fourth.
  Recall r = recall(ranking, [](int64_t, int64_t c) { return c == 0; });
  CHECK(r.r1 == 0.25);
  CHECK(r.r5 == 0.5);
  r = recall(ranking, [](int64_t q, int64_t c) { return c == q || c == 5 - q; });
  CHECK(r.r1 == 0.5);
  CHECK(r.r5 == 1.0);
}

TEST_CASE("scores: captions by hand") {
  std::vector<std::string> said = {"a cat left of a dog", "a cat", ""};
  std::vector<std::set<std::string>> names = {
      {"a cat left of a dog"}, {"a dog", "the black cat"}, {"a bird"}};
  std::vector<std::string> captions = {"a cat left of a dog", "a dog", "a bird"};
  CaptionScores s = caption_scores(said, names, captions);
  CHECK(s.exact == Approx(1.0 / 3));
  CHECK(s.token_f1 == Approx((1.0 + 0.5 + 0.0) / 3));
  // Unigrams: 6 of 6, and "a", "cat" of 2; bigrams: 5 of 5, 0 of 1. Lengths 8 against 6 + 2 + 2.
  CHECK(s.bleu2 == Approx(std::sqrt(8.0 / 8 * 5 / 6) * std::exp(1 - 10.0 / 8)));
}

TEST_CASE("scores: a word counts no more often than in one of the names") {
  CaptionScores s = caption_scores({"the the the"}, {{"the cat", "the the dog"}}, {"the cat"});
  CHECK(s.token_f1 == Approx(2.0 * 1 / 5));
  // Unigrams 2 of 3, bigrams 1 of 2, closest length 3: no penalty.
  CHECK(s.bleu2 == Approx(std::sqrt(2.0 / 3 / 2)));
}

TEST_CASE("scores: of two names equally far in length the shorter counts") {
  // Length 3 between names of 2 and 4: 2 is taken, so there is no penalty.
  CaptionScores s = caption_scores({"a b c"}, {{"a b", "a b c d"}}, {"a b"});
  CHECK(s.bleu2 == Approx(1.0));
}

}  // namespace
}  // namespace medley::train
