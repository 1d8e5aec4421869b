// Natural language visual reasoning, NLVR2 (Li et al. 2022, section 5.5 and figure 5c): is a
// sentence true of two pictures? A text encoder with two cross-attentions in each layer, one a
// picture. Names are the original's.
#pragma once

#include <optional>
#include <vector>

#include "autograd/nn/embedding.h"
#include "models/blip/blip.h"
#include "models/text/attention.h"
#include "models/vision/vit.h"

namespace medley::models {

class Nlvr {
 public:
  // Layers from this one on merge the two pictures' contexts by a matrix; those before take the
  // mean. 6 in the original; in texts of at most 6 layers it is the second half.
  static int64_t first_merge(const ModelConfig& config) {
    return config.text_depth > 6 ? 6 : config.text_depth / 2;
  }

  // No seed: for inference, weights of zero to be loaded.
  Nlvr(const ModelConfig& config, SpecialTokens tokens, DType dtype, Device device,
       std::optional<uint64_t> seed);

  // Last hidden states of all tokens, [tokens, C]. images [2B, 3, S, S]: the left pictures, then
  // the right ones; text i belongs to pictures i and B + i and begins with [CLS], which becomes
  // [ENC]. Throws ValueError when the numbers do not fit.
  Tensor states(const Tensor& images, const PackedText& text, const DropoutSites& text_sites = {},
                const DropoutSites& image_sites = {}) const;
  // [B, 2]; class 1 is true.
  Tensor logits(const Tensor& images, const PackedText& text, const DropoutSites& text_sites = {},
                const DropoutSites& image_sites = {}) const;

  const ModelConfig& model() const { return config_; }
  autograd::ParameterStore& weights() { return weights_; }

 private:
  // The part of cross-attention that one picture has for itself.
  struct Side {
    autograd::Linear query, kv, dense;
  };
  struct Layer {
    SelfAttention self;
    Side sides[2];
    autograd::Linear merge;  // from first_merge() on
    autograd::LayerNorm cross_norm, norm;
    autograd::Mlp ffn;
  };
  struct Pair;  // the pictures' tokens
  Tensor cross(const Layer& layer, bool merges, const Tensor& x, const PackedText& text,
               const Pair& pictures, const DropoutSites& sites, size_t index) const;

  ModelConfig config_;
  SpecialTokens tokens_;
  Device device_;
  Vit image_;
  autograd::Embedding embedding_;
  autograd::LayerNorm embedding_norm_;
  std::vector<Layer> layers_;
  autograd::Linear head_first_, head_second_;
  autograd::ParameterStore weights_;
};

}  // namespace medley::models
