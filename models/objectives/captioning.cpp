// A captioning step, forward.
#include "models/objectives/captioning.h"

#include "autograd/ops/cross_entropy.h"
#include "core/scope.h"

namespace medley::models {

Captioning::Captioning(std::shared_ptr<Blip> blip, double label_smoothing, int64_t given,
                       uint64_t seed)
    : Objective(blip->weights(), seed),
      blip_(std::move(blip)),
      label_smoothing_(label_smoothing),
      given_(given) {}

std::vector<LossInfo> Captioning::losses_of(int64_t) const {
  return {one_of("lm", "LM: the next word of the caption", blip_->model().vocab_size)};
}

Evaluation Captioning::evaluation() const {
  return {.captions = true, .best = {"captions", "cider"}};
}

BatchResult Captioning::losses(const Batch& batch) {
  const ModelConfig& model = blip_->model();
  const NextTokens next = next_tokens(batch.text, given_);
  const Tensor images =
      blip_->encode_image(batch.images, sites(model.drop_path, DropoutSites::lockstep));
  const Tensor logits =
      blip_->decode(images, batch.text, next, sites(model.dropout, DropoutSites::lockstep));
  const Scope loss("lm");
  const Tensor lm = autograd::cross_entropy(logits, next.tokens, label_smoothing_);
  return {.total = lm, .losses = {lm}, .kept = {}};
}

}  // namespace medley::models
