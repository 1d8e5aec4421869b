// Ranks are counted, not sorted.
#include "train/metrics/recall.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

// right[c]: candidate c is right.
int64_t rank_of(std::span<const float> scores, const std::vector<bool>& right) {
  float best = 0;
  bool found = false;
  for (size_t c = 0; c < scores.size(); ++c)
    if (right[c]) {
      best = found ? std::max(best, scores[c]) : scores[c];
      found = true;
    }
  if (!found) return kNotFound;
  int64_t before = 0;
  for (size_t c = 0; c < scores.size(); ++c) before += !right[c] && scores[c] >= best;
  return before;
}

RecallPercent percent(const std::vector<int64_t>& ranks) {
  const double r1 = 100 * recall_at(ranks, 1), r5 = 100 * recall_at(ranks, 5),
               r10 = 100 * recall_at(ranks, 10);
  return {r1, r5, r10, (r1 + r5 + r10) / 3};
}

void check_scores(std::span<const float> scores, const char* name, size_t rows, size_t columns) {
  if (scores.size() != rows * columns)
    throw ShapeError(
        str("[recall] ", name, " holds ", scores.size(), " scores, not ", rows, " x ", columns));
  const auto nan =
      std::find_if(scores.begin(), scores.end(), [](float score) { return std::isnan(score); });
  if (nan == scores.end()) return;
  const auto at = static_cast<size_t>(nan - scores.begin());
  throw DataError(
      str("[recall] ", name, " is NaN in row ", at / columns, ", column ", at % columns));
}

}  // namespace

double recall_at(std::span<const int64_t> ranks, int64_t k) {
  if (ranks.empty()) return 0;
  const auto hits = std::count_if(ranks.begin(), ranks.end(), [&](int64_t r) { return r < k; });
  return static_cast<double>(hits) / static_cast<double>(ranks.size());
}

double chance_at(int64_t k, int64_t right, int64_t candidates) {
  // The first k are all wrong: (candidates - right) choose k, over candidates choose k.
  double missed = 1;
  for (int64_t i = 0; i < std::min(k, candidates); ++i)
    missed *= static_cast<double>(std::max<int64_t>(0, candidates - right - i)) /
              static_cast<double>(candidates - i);
  return 1 - missed;
}

RetrievalPercent retrieval_percent(std::span<const float> image_to_text,
                                   std::span<const float> text_to_image, int64_t images,
                                   std::span<const int64_t> image_of_text) {
  const size_t texts = image_of_text.size();
  const auto image_count = static_cast<size_t>(images);
  check_scores(image_to_text, "image_to_text", image_count, texts);
  check_scores(text_to_image, "text_to_image", texts, image_count);
  std::vector<std::vector<bool>> right_texts(image_count, std::vector<bool>(texts));
  for (size_t t = 0; t < texts; ++t) {
    if (image_of_text[t] < 0 || image_of_text[t] >= images)
      throw DataError(
          str("[recall] text ", t, " belongs to image ", image_of_text[t], " of ", images));
    right_texts[static_cast<size_t>(image_of_text[t])][t] = true;
  }

  std::vector<int64_t> image_ranks, text_ranks;
  for (size_t i = 0; i < image_count; ++i) {
    image_ranks.push_back(rank_of(image_to_text.subspan(i * texts, texts), right_texts[i]));
    if (image_ranks.back() == kNotFound)
      throw DataError(str("[recall] no text belongs to image ", i));
  }
  for (size_t t = 0; t < texts; ++t) {
    std::vector<bool> right(image_count);
    right[static_cast<size_t>(image_of_text[t])] = true;
    text_ranks.push_back(rank_of(text_to_image.subspan(t * image_count, image_count), right));
  }
  RetrievalPercent result{percent(image_ranks), percent(text_ranks), 0};
  result.mean = (result.text.mean + result.image.mean) / 2;
  return result;
}

}  // namespace medley::train
