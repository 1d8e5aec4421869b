// Answers chosen from a list, as the original does: the k candidates whose first tokens are the
// most likely are scored whole (blip_vqa.py, rank_answer).
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/str.h"
#include "models/generation/scores.h"
#include "models/text/next_token.h"
#include "models/vqa/vqa.h"

namespace medley::models {
namespace {

// Candidate i of a packed list.
std::vector<int32_t> text_at(const PackedText& texts, size_t i) {
  const auto start = std::accumulate(texts.lengths.begin(),
                                     texts.lengths.begin() + static_cast<int64_t>(i), int64_t{0});
  return {texts.tokens.begin() + start, texts.tokens.begin() + start + texts.lengths[i]};
}

}  // namespace

std::vector<Vqa::Ranked> Vqa::rank(const Memory& questions, const PackedText& candidates,
                                   int64_t k) {
  const autograd::NoGrad no_grad;
  const auto all = static_cast<int64_t>(candidates.lengths.size());
  if (k < 1 || k > all)
    throw ValueError(str("[vqa] rank is to score ", k, " of ", all, " candidates"));
  std::vector<std::vector<int32_t>> texts;
  for (size_t c = 0; c < candidates.lengths.size(); ++c) {
    texts.push_back(text_at(candidates, c));
    if (texts.back().size() < 2)
      throw ValueError(str("[vqa] candidate ", c, " has no token after its first"));
  }
  const auto count = static_cast<size_t>(questions.count());
  std::vector<int32_t> question(count);
  std::iota(question.begin(), question.end(), 0);
  // [DEC] alone for each question; the token behind it is only there to be predicted.
  const PackedText first =
      pack(std::vector<std::vector<int32_t>>(count, {tokens_.dec, tokens_.sep}), device_);
  const Tensor logits = decode(questions, first, question, next_tokens(first)).to(DType::f64);
  std::vector<Ranked> ranked(count);
  for (size_t q = 0; q < count; ++q) {
    const auto row = static_cast<int64_t>(q);
    std::vector<double> scores = logits.slice(0, row, row + 1).to_vector<double>();
    log_softmax(scores);
    std::vector<int32_t> order(static_cast<size_t>(all));
    std::iota(order.begin(), order.end(), 0);
    const auto first_score = [&](int32_t c) {
      return scores[static_cast<size_t>(texts[static_cast<size_t>(c)][1])];
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](int32_t a, int32_t b) { return first_score(a) > first_score(b); });
    order.resize(static_cast<size_t>(k));
    std::vector<std::vector<int32_t>> chosen;
    for (const int32_t c : order) {
      chosen.push_back(texts[static_cast<size_t>(c)]);
      ranked[q].first_token.push_back(std::exp(first_score(c)));
    }
    for (const double loss :
         answer_losses(questions, pack(chosen, device_),
                       std::vector<int32_t>(chosen.size(), static_cast<int32_t>(q))))
      ranked[q].score.push_back(-loss);
    const auto best = std::max_element(ranked[q].score.begin(), ranked[q].score.end());
    ranked[q].best = order[static_cast<size_t>(best - ranked[q].score.begin())];
    ranked[q].candidate = std::move(order);
  }
  return ranked;
}

}  // namespace medley::models
