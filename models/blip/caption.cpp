// Greedy captions.
#include <algorithm>

#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"
#include "models/blip/blip.h"
#include "models/blip/generate.h"
#include "models/blip/impl.h"

namespace medley::models {

std::vector<std::vector<int32_t>> Blip::caption(const Tensor& image_tokens, int64_t max_tokens,
                                                const std::vector<int32_t>& prompt) {
  const autograd::NoGrad no_grad;
  const Scope scope("blip");
  const auto given = static_cast<int64_t>(prompt.size()) + 1;
  if (max_tokens <= given || max_tokens > impl_->model.max_positions)
    throw ValueError(
        str("[caption] max_tokens is ", max_tokens, ": it must be more than the ", given,
            " of [DEC] and prompt, and at most max_positions = ", impl_->model.max_positions));
  const int64_t images = image_tokens.size(0);
  std::vector<std::vector<int32_t>> captions(static_cast<size_t>(images), prompt);
  if (images == 0) return captions;
  StepDecoder decoder(impl_->student.text, impl_->image_rows(image_tokens), images, max_tokens,
                      impl_->model.text_width);

  std::vector<int32_t> active(static_cast<size_t>(images));
  for (size_t i = 0; i < active.size(); ++i) active[i] = static_cast<int32_t>(i);
  std::vector<int32_t> tokens(active.size(), impl_->tokens.dec);
  Tensor scores = decoder.step(active, tokens);
  for (const int32_t token : prompt) {
    std::fill(tokens.begin(), tokens.end(), token);
    scores = decoder.step(active, tokens);
  }
  for (int64_t length = given; !active.empty(); ++length) {
    const std::vector<double> values = scores.to(DType::f64).to_vector<double>();  // [active, V]
    const std::vector<int32_t> was_active = std::move(active);
    active.clear();
    tokens.clear();
    for (size_t i = 0; i < was_active.size(); ++i) {
      const auto row = values.begin() + static_cast<int64_t>(i) * scores.size(1);
      const auto best = static_cast<int32_t>(std::max_element(row, row + scores.size(1)) - row);
      if (best == impl_->tokens.sep) continue;
      captions[static_cast<size_t>(was_active[i])].push_back(best);
      active.push_back(was_active[i]);
      tokens.push_back(best);
    }
    if (length + 1 == max_tokens || active.empty()) break;
    scores = decoder.step(active, tokens);
  }
  return captions;
}

}  // namespace medley::models
