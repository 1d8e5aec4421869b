// Filters of scores, in f64.
#include "models/generation/scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"

namespace medley::models {
namespace {

constexpr double kForbidden = -std::numeric_limits<double>::infinity();

double largest(std::span<const double> scores) {
  return *std::max_element(scores.begin(), scores.end());
}

double sum_of_exp(std::span<const double> scores, double most) {
  double sum = 0;
  for (const double score : scores)
    if (score != kForbidden) sum += std::exp(score - most);
  return sum;
}

std::vector<double> softmax(std::span<const double> scores) {
  const double most = largest(scores), sum = sum_of_exp(scores, most);
  std::vector<double> probabilities(scores.size());
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] != kForbidden) probabilities[i] = std::exp(scores[i] - most) / sum;
  return probabilities;
}

void keep_top_k(std::span<double> scores, size_t k) {
  std::vector<double> sorted(scores.begin(), scores.end());
  const auto kth = sorted.begin() + static_cast<int64_t>(k - 1);
  std::nth_element(sorted.begin(), kth, sorted.end(), std::greater<>());
  for (double& score : scores)
    if (score < *kth) score = kForbidden;
}

void keep_top_p(std::span<double> scores, double p) {
  const std::vector<double> probabilities = softmax(scores);
  std::vector<size_t> order;  // of those that are still allowed: with top-k, few
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] != kForbidden) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  double before = 0;
  for (const size_t i : order) {
    if (before > p) scores[i] = kForbidden;
    before += probabilities[i];
  }
}

// The last token of each run of n tokens that begins with the n - 1 that the text ends with.
void forbid_repeats(std::span<double> scores, std::span<const int32_t> text, size_t n) {
  if (n == 0 || text.size() < n) return;
  const std::span<const int32_t> ending = text.last(n - 1);
  for (size_t at = 0; at + n <= text.size(); ++at)
    if (std::equal(ending.begin(), ending.end(), text.begin() + static_cast<int64_t>(at)))
      scores[static_cast<size_t>(text[at + n - 1])] = kForbidden;
}

}  // namespace

void apply_penalties(std::span<double> scores, std::span<const int32_t> text, int32_t end,
                     const GenerateOptions& options) {
  std::vector<int32_t> distinct(text.begin(), text.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  for (const int32_t token : distinct) {
    double& score = scores[static_cast<size_t>(token)];
    score = score < 0 ? score * options.repetition_penalty : score / options.repetition_penalty;
  }
  forbid_repeats(scores, text, static_cast<size_t>(options.no_repeat_ngram));
  if (static_cast<int64_t>(text.size()) < options.min_length)
    scores[static_cast<size_t>(end)] = kForbidden;
}

void keep_likely(std::span<double> scores, const GenerateOptions& options) {
  for (double& score : scores) score /= options.temperature;
  const auto k = static_cast<size_t>(options.top_k);
  if (k > 0 && k < scores.size()) keep_top_k(scores, k);
  if (options.top_p < 1) keep_top_p(scores, options.top_p);
}

void log_softmax(std::span<double> scores) {
  const double most = largest(scores), log_sum = most + std::log(sum_of_exp(scores, most));
  if (!std::isfinite(log_sum))
    throw NonFiniteError("[generate] the decoder's scores are not finite numbers",
                         "weights or pictures hold NaN or infinity: medley inspect looks for them");
  for (double& score : scores) score -= log_sum;
}

int32_t draw(std::span<const double> scores, double u) {
  const std::vector<double> probabilities = softmax(scores);
  double sum = 0;
  size_t last = 0;  // rounding may leave the sum a little below u
  for (size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i] == 0) continue;
    last = i;
    sum += probabilities[i];
    if (u < sum) break;
  }
  return static_cast<int32_t>(last);
}

}  // namespace medley::models
