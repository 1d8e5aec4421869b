// Retrieval fine-tuning: pre-training without its language model, with other negatives (the
// original's blip_retrieval.py). batch.caption names the picture's group: equal ids are positives,
// never negatives. Negatives are drawn by the student's own similarities, as the original does
// here.
#pragma once

#include "models/objectives/contrastive.h"

namespace medley::models {

class Retrieval : public Contrastive {
 public:
  Retrieval(std::shared_ptr<Blip> blip, const LossConfig& config, uint64_t seed)
      : Contrastive(std::move(blip), config, seed) {}

  Evaluation evaluation() const override;
  BatchResult losses(const Batch& batch) override;
};

}  // namespace medley::models
