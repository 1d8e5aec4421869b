// transformers' BlipModel: image and text features in one space. Its towers are BLIP's; its
// features are not: the class token passes the image tower's last LayerNorm twice, the text's goes
// through a pooler, tanh(W x + b), and the projections have no bias.
#pragma once

#include <memory>

#include "models/blip/blip.h"
#include "models/weights/hf_config.h"
#include "models/weights/weight_files.h"

namespace medley::models {

class HfBase {
 public:
  // Throws DataError for files that hold another model.
  HfBase(WeightFiles& files, const HfConfig& config, DType dtype, Device device);

  Tensor image_features(const Tensor& images) const;   // [B, 3, S, S] -> [B, E], unit rows
  Tensor text_features(const PackedText& text) const;  // -> [B, E], unit rows
  double logit_scale() const { return logit_scale_; }  // logits = e^scale cosine

 private:
  HfConfig config_;
  std::unique_ptr<Blip> towers_;
  Tensor pooler_weight_, pooler_bias_;
  double logit_scale_ = 0;
};

}  // namespace medley::models
