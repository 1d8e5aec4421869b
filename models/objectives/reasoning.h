// Fine-tuning for NLVR2 (the original's blip_nlvr.py): is a sentence true of two pictures?
#pragma once

#include "models/nlvr/nlvr.h"
#include "models/objectives/objective.h"

namespace medley::models {

class Reasoning : public Objective {
 public:
  Reasoning(std::shared_ptr<Nlvr> nlvr, uint64_t seed);

  AnyModel model() const override { return nlvr_; }
  std::vector<LossInfo> losses_of(int64_t batch_size) const override;
  std::vector<Figure> figures() const override { return {{"truth", Figure::loss}}; }
  Evaluation evaluation() const override { return {.best = {"nlvr", "accuracy"}}; }
  BatchResult losses(const Batch& batch) override;

 private:
  std::shared_ptr<Nlvr> nlvr_;
};

}  // namespace medley::models
