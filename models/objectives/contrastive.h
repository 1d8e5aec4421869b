// What pre-training and retrieval share (Li et al. 2021, 2022): momentum towers, feature queues,
// the image-text contrastive loss against them, and negatives for matching, which are drawn by its
// similarities.
#pragma once

#include <memory>
#include <vector>

#include "autograd/ops/itc.h"
#include "models/blip/blip.h"
#include "models/objectives/joint.h"
#include "models/objectives/objective.h"
#include "models/objectives/queue.h"

namespace medley::models {

// What a step computes on the way. Before backward: it writes over the logits.
struct StepTrace {
  Tensor image_tokens;                              // [B N, C]
  Tensor image_features, text_features;             // [B, E]
  Tensor image_momentum, text_momentum;             // [B, E]
  Tensor sim_i2t, sim_t2i, target_i2t, target_t2i;  // [B, B + Q]
  Tensor itm_hidden;                                // [3B, C], of [ENC]
  Tensor itm_logits;                                // [3B, 2]
  Tensor lm_logits;                                 // [tokens to predict, V]
};

// How negatives are drawn, see kernels/sampling.h. The default is pre-training's.
struct NegativeRule {
  bool by_temperature = false;
  double floor = 1e-4;
};

class Contrastive : public Objective {
 public:
  AnyModel model() const override { return blip_; }
  std::vector<LossInfo> losses_of(int64_t batch_size) const override;
  std::vector<Figure> figures() const override;
  void commit(const BatchResult& result) override;  // momentum features go to the queue
  std::vector<double> read(const BatchResult& result) const override;
  bool recordable() const override { return true; }
  ObjectiveState state() override;
  void restart() override;  // the momentum model becomes a copy of the student's towers

  Blip& blip() const { return *blip_; }
  const LossConfig& config() const { return config_; }
  autograd::ParameterStore& momentum() { return momentum_; }
  FeatureQueue& queue() { return queue_; }

  // For tests: recorded draws instead of own ones, [B] i32 each; and where inner values go.
  Tensor negative_images, negative_texts;
  StepTrace* trace = nullptr;

 protected:
  // The momentum model starts as a copy of the student's towers.
  Contrastive(std::shared_ptr<Blip> blip, const LossConfig& config, uint64_t seed);

  BatchNumbers numbers_of(int64_t step) const override;
  void prepare() override;  // clamps the temperature, moves the momentum towers

  struct Contrast {
    Tensor image;                          // tokens [B N, C]
    Tensor image_features, text_features;  // [B, E]
    Tensor image_momentum, text_momentum;  // [B, E]
    Tensor caption;                        // [B] i64: equal ids are positives; undefined: none are
    autograd::ItcResult itc;
  };
  // Runs the towers and computes ITC. Throws ValueError, which names `step`, for a batch of one: no
  // negative exists.
  Contrast contrast(const char* step, const Batch& batch, bool equal_captions) const;
  // sim [B, >= B] -> [B] i32, without values on Meta.
  Tensor draw_negatives(const Tensor& sim, const Tensor& caption, uint32_t direction,
                        NegativeRule rule = {}) const;
  // The joint pass over ITM's texts, and LM's where the texts have them.
  Tensor joint_states(const JointTexts& texts, const Contrast& contrast) const;
  // ITM's logits and loss from [ENC]'s states [3B, C]; what read() and commit() want of it all.
  BatchResult matched(const Tensor& hidden, const JointTexts& texts, const Contrast& contrast,
                      const Batch& batch) const;

  std::shared_ptr<Blip> blip_;
  LossConfig config_;

 private:
  autograd::ParameterStore momentum_;
  Towers teacher_;  // over momentum_
  FeatureQueue queue_;
};

}  // namespace medley::models
