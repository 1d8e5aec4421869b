// The inside of Blip: its modules, stores and queue.
#pragma once

#include <optional>

#include "autograd/ops/itc.h"
#include "models/blip/blip.h"
#include "models/blip/towers.h"

namespace medley::models {

// What the contrastive part of a step leaves to its second half.
struct Contrast {
  Tensor image;                          // tokens [B N, C]
  Tensor image_features, text_features;  // [B, E]
  Tensor image_momentum, text_momentum;  // [B, E]
  Tensor caption;                        // [B] i64: equal ids are positives; undefined: none are
  autograd::ItcResult itc;
};

// How negatives are drawn, see kernels/sampling.h. The default is pre-training's.
struct NegativeRule {
  double scale = 1, floor = 1e-4;
};
// sim [B, >= B] -> [B] i32, without values on Meta.
Tensor draw_negatives(const Tensor& sim, const Tensor& caption, const BatchInfo& info,
                      uint32_t direction, NegativeRule rule = {});

struct Blip::Impl {
  Impl(const ModelConfig& model_config, const LossConfig& loss_config, SpecialTokens special,
       DType element_type, Device on, std::optional<uint64_t> seed);  // no seed: inference
  void require_training(const char* step) const;                      // throws ValueError

  // Runs the towers and computes ITC. Throws ValueError for a batch of one.
  Contrast contrast(const char* step, const Batch& batch, const BatchInfo& info,
                    bool equal_captions);
  DropoutSites text_sites(const BatchInfo& info, DropoutSites::Pass pass) const;
  DropoutSites image_sites(const BatchInfo& info, DropoutSites::Pass pass) const;
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
  autograd::Linear itm_head;
  autograd::Parameter temp;
  autograd::ParameterStore weights, momentum;
  FeatureQueue queue;
  double alpha = 0;  // weight of the soft targets, of the step that was begun last
  Tensor published;  // on a GPU: one BatchNumbers, as u8; undefined before publish()
};

}  // namespace medley::models
