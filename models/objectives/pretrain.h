// Pre-training (Li et al. 2022, section 3.2): ITC, ITM and LM, the last two in one pass.
#pragma once

#include "models/objectives/contrastive.h"

namespace medley::models {

class Pretraining : public Contrastive {
 public:
  Pretraining(std::shared_ptr<Blip> blip, const LossConfig& config, uint64_t seed)
      : Contrastive(std::move(blip), config, seed) {}

  std::vector<LossInfo> losses_of(int64_t batch_size) const override;
  std::vector<Figure> figures() const override;
  Evaluation evaluation() const override;
  BatchResult losses(const Batch& batch) override;
};

}  // namespace medley::models
