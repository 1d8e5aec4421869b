// Captioning fine-tuning (the original's blip_decoder): the language model's loss over captions
// that begin with a prompt.
#pragma once

#include "models/blip/blip.h"
#include "models/objectives/objective.h"

namespace medley::models {

class Captioning : public Objective {
 public:
  // The first `given` tokens of each caption, [CLS] and the prompt, are not asked for.
  Captioning(std::shared_ptr<Blip> blip, double label_smoothing, int64_t given, uint64_t seed);

  AnyModel model() const override { return blip_; }
  std::vector<LossInfo> losses_of(int64_t batch_size) const override;
  std::vector<Figure> figures() const override { return {{"lm", Figure::loss}}; }
  Evaluation evaluation() const override;
  BatchResult losses(const Batch& batch) override;
  bool recordable() const override { return true; }
  int64_t given() const override { return given_; }

 private:
  std::shared_ptr<Blip> blip_;
  double label_smoothing_;
  int64_t given_;
};

}  // namespace medley::models
