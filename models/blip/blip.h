// BLIP as it is pre-trained (Li et al. 2022, section 3): image tower, mixture of text encoder and
// decoder, heads, momentum towers, feature queue. One store of weights, one of momentum weights;
// names are the original's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "autograd/nn/parameters.h"
#include "models/batch.h"
#include "models/config.h"
#include "models/generation/options.h"

namespace medley::models {

struct SpecialTokens {
  int32_t sep = 3, dec = 4, enc = 5;
};

// The two feature queues, written in a ring: any size, any batch.
struct FeatureQueue {
  Tensor image, text;  // [Q, E], unit rows; Q may be 0
  Tensor caption;      // [Q] i64, -1 where nothing was written yet
  int64_t next = 0;    // row that the next feature goes to
};

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

// What the kernels of a recorded batch read in place of numbers that move on.
struct BatchNumbers {
  uint64_t batch = 0;
  double alpha = 0;  // weight of the soft targets
};

struct BatchInfo {
  uint64_t seed = 0;
  int64_t batch = 0;  // number of the batch, from 0: with the seed it keys dropout and negatives
  // Tests feed recorded draws here instead of drawing: [B] i32 each.
  Tensor negative_images, negative_texts;
  StepTrace* trace = nullptr;  // filled when given
  // Blip::published(), where the kernels of a recorded batch find the numbers of now; null:
  // they are passed by value.
  const BatchNumbers* on_device = nullptr;

  const uint64_t* device_batch() const { return on_device ? &on_device->batch : nullptr; }
};

struct BatchResult {
  Tensor total, itc, itm, lm;  // scalars; total is differentiable
  Tensor itm_logits;           // [3B, 2], positives first, detached; class 1 is a match
  // What the queue takes: [B, E] each, and [B] i64, which may be undefined.
  Tensor image_momentum, text_momentum, caption;
};

class Blip {
 public:
  Blip(const ModelConfig& model, const LossConfig& losses, SpecialTokens tokens, DType dtype,
       Device device, uint64_t seed);
  // For inference alone: no gradients, no momentum model, no queue, and weights of zero, to be
  // loaded. Steps throw ValueError.
  Blip(const ModelConfig& model, SpecialTokens tokens, DType dtype, Device device);
  ~Blip();

  // The forward pass of a pre-training step of one batch, which has the step's number: the three
  // calls below, one after the other.
  BatchResult pretrain(const Batch& batch, const BatchInfo& info);
  // Before the batches of a step: clamps the temperature, moves the momentum towers, and sets the
  // weight of the soft targets. `step` counts from 0.
  void begin_step(int64_t step);
  // The three losses of a batch, on the current tape. ITM and LM run in lockstep. Throws ValueError
  // for a batch of one (no negative exists).
  BatchResult pretrain_losses(const Batch& batch, const BatchInfo& info);
  // After a good step, for each of its batches: the momentum features go to the queue.
  void write_queue(const BatchResult& result);
  // Writes the numbers of a batch to the model's GPU, always to the same place:
  // BatchInfo::on_device. For a model elsewhere there is nothing to do, and the place is null.
  void publish(int64_t batch);
  const BatchNumbers* published() const;

  // One step of retrieval fine-tuning: ITC and ITM alone. batch.caption names the picture's group:
  // equal ids are positives, never negatives. Negatives are drawn by the student's own
  // similarities, as the original does here (blip_retrieval.py).
  BatchResult retrieve(const Batch& batch, const BatchInfo& info);

  // The loss of captioning fine-tuning: LM alone. The first `given` tokens of each caption, [CLS]
  // and the prompt, are not asked for.
  Tensor caption_loss(const Batch& batch, int64_t given, const BatchInfo& info);

  // Inference parts; none of them records when no tape does. What they are given may lie on any
  // device; results lie on the model's.
  Tensor encode_image(const Tensor& images);          // [B, 3, S, S] -> [B, N, C]
  Tensor image_features(const Tensor& image_tokens);  // -> [B, E], unit rows
  Tensor text_features(const PackedText& text);       // -> [B, E], unit rows
  // Hidden states of all tokens, [tokens, C]: of the text alone, and of [ENC] and the text with
  // image kv_index[i] before text i.
  Tensor text_states(const PackedText& text);
  Tensor multimodal_states(const Tensor& image_tokens, const PackedText& text,
                           const Tensor& kv_index);
  // Probability logits of (image kv_index[i], text i): [texts, 2]; class 1 is a match. The model is
  // trained with [ENC] in front; the original's class for matching alone leaves [CLS] there.
  enum class FirstToken { enc, cls };
  Tensor match(const Tensor& image_tokens, const PackedText& text, const Tensor& kv_index,
               FirstToken first = FirstToken::enc);
  // Captions of images, see models/generation/generate.h: `returned` an image, best first.
  // `prompt` follows [DEC].
  std::vector<std::vector<Generated>> caption(const Tensor& image_tokens,
                                              const GenerateOptions& options,
                                              const std::vector<int32_t>& prompt = {},
                                              const std::vector<uint64_t>& streams = {});
  // Cross-attention of each of the n tokens of a caption (as caption() returns it) over the image,
  // mean over heads and layers: [n, N], rows sum to 1. Row i belongs to the step that predicts
  // token i: it has read [DEC] and the tokens before. image_tokens [1, N, C].
  Tensor caption_attention(const Tensor& image_tokens, const std::vector<int32_t>& caption);

  const ModelConfig& model() const;
  const LossConfig& losses() const;
  autograd::ParameterStore& weights();
  autograd::ParameterStore& momentum();
  FeatureQueue& queue();
  double temperature() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace medley::models
