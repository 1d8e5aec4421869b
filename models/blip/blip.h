// BLIP (Li et al. 2022, section 3): image tower, mixture of text encoder and decoder, matching
// head. One store of weights; names are the original's. What it is trained for is an objective's
// business (models/objectives/objective.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "autograd/nn/parameters.h"
#include "models/batch.h"
#include "models/blip/towers.h"
#include "models/config.h"
#include "models/generation/options.h"
#include "models/text/next_token.h"

namespace medley::models {

class Blip {
 public:
  // With a seed: starting weights, ready to be trained (models/objectives); `temperature` is where
  // that of the contrastive loss starts. Without: weights of zero, to be loaded, and no gradients.
  Blip(const ModelConfig& model, SpecialTokens tokens, DType dtype, Device device,
       std::optional<uint64_t> seed = {}, double temperature = 0.07);

  // Inference parts; none of them records when no tape does. What they are given may lie on any
  // device; results lie on the model's.
  // [B, 3, S, S] -> [B, N, C]
  Tensor encode_image(const Tensor& images, const DropoutSites& sites = {}) const;
  Tensor image_features(const Tensor& image_tokens) const;  // -> [B, E], unit rows
  Tensor text_features(const PackedText& text) const;       // -> [B, E], unit rows
  // Hidden states of all tokens, [tokens, C]: of the text alone, and of [ENC] and the text with
  // image kv_index[i] before text i.
  Tensor text_states(const PackedText& text) const;
  Tensor multimodal_states(const Tensor& image_tokens, const PackedText& text,
                           const Tensor& kv_index) const;
  // Probability logits of (image kv_index[i], text i): [texts, 2]; class 1 is a match. The model is
  // trained with [ENC] in front; the original's class for matching only leaves [CLS] there. An
  // image may be a video: the tokens of its F frames, one after the other, [B, F N, C].
  enum class FirstToken { enc, cls };
  Tensor match(const Tensor& image_tokens, const PackedText& text, const Tensor& kv_index,
               FirstToken first = FirstToken::enc) const;
  // Scores of the next token of the rows of `text` that predict, [rows, V]; text i is read after
  // [DEC], before image i.
  Tensor decode(const Tensor& image_tokens, const PackedText& text, const NextTokens& next,
                const DropoutSites& sites = {}) const;
  // Captions of images, see models/generation/generate.h: `returned` an image, best first.
  // `prompt` follows [DEC].
  std::vector<std::vector<Generated>> caption(const Tensor& image_tokens,
                                              const GenerateOptions& options,
                                              const std::vector<int32_t>& prompt = {},
                                              const std::vector<uint64_t>& streams = {}) const;
  // Cross-attention of each of the n tokens of a caption (as caption() returns it) over the image,
  // mean over heads and layers: [n, N], rows sum to 1. Row i belongs to the step that predicts
  // token i: it has read [DEC] and the tokens before. image_tokens [1, N, C].
  Tensor caption_attention(const Tensor& image_tokens, const std::vector<int32_t>& caption) const;

  const ModelConfig& model() const { return model_; }
  const SpecialTokens& tokens() const { return tokens_; }
  Device device() const { return device_; }
  autograd::ParameterStore& weights() { return weights_; }
  const autograd::ParameterStore& weights() const { return weights_; }
  // The parts, which objectives put together in their own ways.
  const Towers& towers() const { return towers_; }
  const autograd::Linear& itm_head() const { return itm_head_; }
  const autograd::Parameter& temp() const { return temp_; }
  double temperature() const { return temp_.tensor().item(); }

 private:
  // image_tokens [B, N, C], of videos [B, F N, C] -> its rows. Throws ShapeError for another width
  // or number of tokens.
  Tensor image_rows(const Tensor& image_tokens, bool videos = false) const;
  // The image-grounded encoder over these ids, text i before image kv_index[i].
  MedPass joint_pass(const Tensor& image_tokens, const PackedText& text, const Tensor& ids,
                     const Tensor& kv_index) const;

  ModelConfig model_;
  SpecialTokens tokens_;
  Device device_;
  Towers towers_;
  autograd::Linear itm_head_;
  autograd::Parameter temp_;
  autograd::ParameterStore weights_;
};

}  // namespace medley::models
