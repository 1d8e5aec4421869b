// Fine-tuning for visual question answering (the original's blip_vqa.py): the language model's loss
// over answers, each weighted by the share of people who gave it.
#pragma once

#include "models/objectives/objective.h"
#include "models/vqa/vqa.h"

namespace medley::models {

class Answering : public Objective {
 public:
  Answering(std::shared_ptr<Vqa> vqa, double label_smoothing, uint64_t seed);

  AnyModel model() const override { return vqa_; }
  std::vector<LossInfo> losses_of(int64_t batch_size) const override;
  std::vector<Figure> figures() const override { return {{"lm", Figure::loss}}; }
  Evaluation evaluation() const override { return {.best = {"vqa", "accuracy"}}; }
  // Sum over answers of weight * summed token losses, over the number of questions. Throws
  // ValueError when the batch's answers do not fit together.
  BatchResult losses(const Batch& batch) override;

 private:
  std::shared_ptr<Vqa> vqa_;
  double label_smoothing_;
};

}  // namespace medley::models
