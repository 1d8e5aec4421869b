// A pre-training step, forward.
#include "models/objectives/pretrain.h"

#include "autograd/ops/add.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/rows.h"
#include "core/scope.h"

namespace medley::models {

std::vector<LossInfo> Pretraining::losses_of(int64_t batch_size) const {
  std::vector<LossInfo> losses = Contrastive::losses_of(batch_size);
  losses.push_back(one_of("lm", "LM: the next word of the caption", blip_->model().vocab_size));
  return losses;
}

std::vector<Figure> Pretraining::figures() const {
  std::vector<Figure> figures = Contrastive::figures();
  figures.insert(figures.end() - 1, {"lm", Figure::loss});
  return figures;
}

Evaluation Pretraining::evaluation() const {
  return {.retrieval = true, .captions = true, .best = {"t2i", "r1"}};
}

BatchResult Pretraining::losses(const Batch& batch) {
  const Scope scope("blip");
  const Contrast c = contrast("pretrain", batch, config().equal_captions);
  const auto negatives = [&](const Tensor& given, const Tensor& sim, uint32_t direction) {
    return given.defined() ? given : draw_negatives(sim, c.caption, direction);
  };
  const JointTexts texts =
      joint_texts(batch.text, negatives(negative_images, c.itc.sim_t2i, 0),
                  negatives(negative_texts, c.itc.sim_i2t, 1), blip_->tokens());
  const std::vector<Tensor> hidden =
      autograd::split_rows(joint_states(texts, c), {texts.next_token.size(0), texts.match.size(0)});
  BatchResult result = matched(hidden[1], texts, c, batch);
  {
    const Scope loss("lm");
    const Tensor logits = blip_->towers().text.logits(hidden[0]);
    if (trace) trace->lm_logits = logits;
    result.losses.push_back(
        autograd::cross_entropy(logits, texts.next_token, config().label_smoothing));
  }
  result.total = autograd::add(autograd::add(result.losses[0], result.losses[1]), result.losses[2]);
  return result;
}

}  // namespace medley::models
