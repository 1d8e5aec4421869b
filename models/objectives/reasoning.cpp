// A step of NLVR2, forward.
#include "models/objectives/reasoning.h"

#include "autograd/ops/cross_entropy.h"
#include "core/error.h"
#include "core/scope.h"

namespace medley::models {

Reasoning::Reasoning(std::shared_ptr<Nlvr> nlvr, uint64_t seed)
    : Objective(nlvr->weights(), seed), nlvr_(std::move(nlvr)) {}

std::vector<LossInfo> Reasoning::losses_of(int64_t) const {
  return {one_of("truth", "Truth: does the sentence hold of the two pictures", 2)};
}

BatchResult Reasoning::losses(const Batch& batch) {
  if (!batch.truth.defined())
    throw ValueError("[reasoning] the batch does not say which sentences are true",
                     "set Batch::truth, [B] i32");
  const ModelConfig& model = nlvr_->model();
  const Tensor logits =
      nlvr_->logits(batch.images, batch.text, sites(model.dropout, DropoutSites::contrast),
                    sites(model.drop_path, DropoutSites::contrast));
  const Scope scope("nlvr.truth");
  const Tensor loss = autograd::cross_entropy(logits, batch.truth);
  return {.total = loss, .losses = {loss}, .kept = {}};
}

}  // namespace medley::models
