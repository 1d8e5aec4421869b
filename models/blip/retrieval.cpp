// One step of retrieval fine-tuning, forward: pre-training without its language model, with other
// negatives (the original's blip_retrieval.py).
#include "autograd/ops/add.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/linear.h"
#include "core/scope.h"
#include "models/blip/impl.h"
#include "models/blip/joint.h"

namespace medley::models {

BatchResult Blip::retrieve(const Batch& batch, const BatchInfo& info) {
  Impl& m = *impl_;
  const Scope scope("blip");
  begin_step(info.batch);
  const Contrast c = m.contrast("retrieve", batch, info, /*equal_captions=*/true);
  const int64_t B = batch.images.size(0);
  BatchResult result;
  result.itc = c.itc.loss;
  result.image_momentum = c.image_momentum;
  result.text_momentum = c.text_momentum;
  result.caption = batch.caption;

  const auto negatives = [&](const Tensor& given, const Tensor& query, const Tensor& key,
                             uint32_t direction) {
    if (given.defined()) return given;
    const autograd::NoGrad no_grad;
    return draw_negatives(autograd::linear(query, key, Tensor()), c.caption, info, direction,
                          {.scale = 1 / temperature(), .floor = 0});
  };
  JointTexts joint =
      joint_texts(batch.text, negatives(info.negative_images, c.text_features, c.image_features, 0),
                  negatives(info.negative_texts, c.image_features, c.text_features, 1), m.tokens,
                  /*decode=*/false);
  joint.pass.image = c.image;
  joint.pass.images = autograd::uniform_sequences(B, m.model.tokens_per_image(), c.image.device());
  joint.pass.dropout = m.text_sites(info, DropoutSites::lockstep);
  const Tensor hidden = m.student.text.forward(joint.pass);
  {
    const Scope loss("itm");
    const Tensor logits = m.itm_head(hidden);
    if (info.trace) {
      info.trace->itm_hidden = hidden;
      info.trace->itm_logits = logits;
    }
    result.itm_logits = logits.detach().clone();  // backward writes over the logits
    result.itm = autograd::cross_entropy(logits, joint.match);
  }
  result.total = autograd::add(result.itc, result.itm);
  write_queue(result);
  return result;
}

}  // namespace medley::models
