// What changes the weights of a run: AdamW over those that are trained, and where low-rank changes
// are trained instead of whole matrices, AdamW over their factors.
#pragma once

#include <memory>

#include "autograd/optim/adamw.h"
#include "autograd/optim/low_rank.h"
#include "models/objectives/objective.h"
#include "train/checkpoint/folder.h"
#include "train/config/config.h"

namespace medley::train {

class Optimizers {
 public:
  // By [train] and [finetune]. The weights are those that training starts with: what is frozen, or
  // changed by low-rank factors, keeps them. With factors, heads and NLVR2's merging layers are
  // trained whole.
  Optimizers(models::Objective& objective, const TrainConfig& config);

  // From the gradients of the objective's weights to their next values. Returns the squared norm of
  // all gradients that were followed; of one that is not finite nothing changes, and take_back()
  // makes the step uncounted.
  autograd::SquaredNorm step(double lr);
  void take_back();

  int64_t elements() const;  // numbers that are trained
  bool is_trained(const std::string& parameter) const;
  int64_t steps() const { return weights_.steps(); }
  autograd::AdamW& weights() { return weights_; }

  // For checkpoints: the moments, and the factors with the matrices that they change.
  std::vector<CheckpointFile> files();
  void restore(const std::string& checkpoint, int64_t steps);

 private:
  models::Objective& objective_;
  std::unique_ptr<autograd::LowRank> low_rank_;  // before weights_, which it freezes
  autograd::AdamW weights_;
  std::unique_ptr<autograd::AdamW> factors_;
};

}  // namespace medley::train
