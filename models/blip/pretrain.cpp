// A pre-training step, forward (Li et al. 2022, section 3.2).
#include "autograd/ops/add.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/rows.h"
#include "core/scope.h"
#include "models/blip/impl.h"
#include "models/blip/joint.h"
#include "models/blip/queue.h"

namespace medley::models {

BatchResult Blip::pretrain(const Batch& batch, const BatchInfo& info) {
  begin_step(info.batch);
  BatchResult result = pretrain_losses(batch, info);
  write_queue(result);
  return result;
}

void Blip::write_queue(const BatchResult& result) {
  enqueue(impl_->queue, result.image_momentum, result.text_momentum, result.caption);
}

BatchResult Blip::pretrain_losses(const Batch& batch, const BatchInfo& info) {
  Impl& m = *impl_;
  const Scope scope("blip");
  const Contrast c = m.contrast("pretrain", batch, info, m.losses.equal_captions);
  const int64_t B = batch.images.size(0);
  BatchResult result;
  result.itc = c.itc.loss;
  result.image_momentum = c.image_momentum;
  result.text_momentum = c.text_momentum;
  result.caption = batch.caption;

  const auto negatives = [&](const Tensor& given, const Tensor& sim, uint32_t direction) {
    return given.defined() ? given : draw_negatives(sim, c.caption, info, direction);
  };
  JointTexts joint = joint_texts(batch.text, negatives(info.negative_images, c.itc.sim_t2i, 0),
                                 negatives(info.negative_texts, c.itc.sim_i2t, 1), m.tokens);
  joint.pass.image = c.image;
  joint.pass.images = autograd::uniform_sequences(B, m.model.tokens_per_image(), c.image.device());
  joint.pass.dropout = m.text_sites(info, DropoutSites::lockstep);
  const std::vector<Tensor> hidden =
      autograd::split_rows(m.student.text.forward(joint.pass), {joint.next_token.size(0), 3 * B});
  if (info.trace) info.trace->itm_hidden = hidden[1];
  {
    const Scope loss("itm");
    const Tensor logits = m.itm_head(hidden[1]);
    if (info.trace) info.trace->itm_logits = logits;
    result.itm_logits = logits.detach().clone();  // backward writes over the logits
    result.itm = autograd::cross_entropy(logits, joint.match);
  }
  {
    const Scope loss("lm");
    const Tensor logits = m.student.text.logits(hidden[0]);
    if (info.trace) info.trace->lm_logits = logits;
    result.lm = autograd::cross_entropy(logits, joint.next_token, m.losses.label_smoothing);
  }
  result.total = autograd::add(autograd::add(result.itc, result.itm), result.lm);
  return result;
}

}  // namespace medley::models
