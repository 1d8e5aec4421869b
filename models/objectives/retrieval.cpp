// A retrieval step, forward.
#include "models/objectives/retrieval.h"

#include "autograd/ops/add.h"
#include "autograd/ops/linear.h"
#include "autograd/tape.h"
#include "core/scope.h"

namespace medley::models {

Evaluation Retrieval::evaluation() const { return {.retrieval = true, .best = {"t2i", "r1"}}; }

BatchResult Retrieval::losses(const Batch& batch) {
  const Scope scope("blip");
  const Contrast c = contrast("retrieve", batch, /*equal_captions=*/true);
  const auto negatives = [&](const Tensor& given, const Tensor& query, const Tensor& key,
                             uint32_t direction) {
    if (given.defined()) return given;
    const autograd::NoGrad no_grad;
    return draw_negatives(autograd::linear(query, key, Tensor()), c.caption, direction,
                          {.by_temperature = true, .floor = 0});
  };
  const JointTexts texts =
      joint_texts(batch.text, negatives(negative_images, c.text_features, c.image_features, 0),
                  negatives(negative_texts, c.image_features, c.text_features, 1), blip_->tokens(),
                  /*decode=*/false);
  BatchResult result = matched(joint_states(texts, c), texts, c, batch);
  result.total = autograd::add(result.losses[0], result.losses[1]);
  return result;
}

}  // namespace medley::models
