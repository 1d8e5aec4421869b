// The inside of Blip: its modules, stores and queue.
#pragma once

#include "models/blip/blip.h"
#include "models/blip/towers.h"

namespace medley::models {

struct Blip::Impl {
  Impl(const ModelConfig& model_config, const LossConfig& loss_config, SpecialTokens special,
       DType element_type, Device on, uint64_t seed);

  // image_tokens [B, N, C] -> its rows [B N, C]. Throws ShapeError for another width or number of
  // tokens.
  Tensor image_rows(const Tensor& image_tokens) const;
  // The image-grounded encoder over these ids, text i before image kv_index[i].
  MedPass joint_pass(const Tensor& image_tokens, const PackedText& text, const Tensor& ids,
                     const Tensor& kv_index) const;

  ModelConfig model;
  LossConfig losses;
  SpecialTokens tokens;
  DType dtype;
  Device device;
  Towers student, teacher;  // teacher: the momentum model
  Linear itm_head;
  autograd::Parameter temp;
  autograd::ParameterStore weights, momentum;
  FeatureQueue queue;
};

}  // namespace medley::models
