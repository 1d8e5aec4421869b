// Multimodal mixture of encoder and decoder (Li et al. 2022, section 3.1): a BERT with
// cross-attention in every layer, as two towers that share what ModelConfig::share says. Parameters
// are declared in three steps, so that those that the momentum tower has too lie together.
#pragma once

#include <string>
#include <vector>

#include "autograd/nn/embedding.h"
#include "autograd/nn/mlp.h"
#include "models/config.h"
#include "models/text/attention.h"
#include "models/text/pass.h"

namespace medley::models {

struct TextLayer {
  // norm(x + dropout(ffn(x)))
  Tensor feed_forward(const Tensor& x, const kernels::DropoutKey& key = {}) const;

  SelfAttention self;
  CrossAttention cross;
  autograd::Mlp ffn;
  autograd::LayerNorm norm;
};

// The encoder or the decoder: embeddings and layers. Two towers that share a part have the same
// parameters in it.
struct TextTower {
  // ids, positions [tokens] i32 -> [tokens, C]
  Tensor embed(const Tensor& ids, const Tensor& positions,
               const kernels::DropoutKey& key = {}) const;

  const char* name = "";  // in scopes: a literal
  autograd::Embedding embedding;
  autograd::LayerNorm norm;
  std::vector<TextLayer> layers;
};

class Med {
 public:
  Med() = default;
  // The text-only part of the encoder: embeddings, self-attention, feed-forward. name is the first
  // part of the parameters' names.
  Med(autograd::ParameterBuilder& builder, const char* name, const ModelConfig& config);
  void add_cross_attention(autograd::ParameterBuilder& builder);
  // What the decoder has of its own, and its head; the rest of its names are tied to the encoder's.
  void add_decoder(autograd::ParameterBuilder& builder, const char* name);

  // A decoder without an encoder (VQA): it reads states of width memory_width.
  static Med separate_decoder(autograd::ParameterBuilder& builder, const char* name,
                              const ModelConfig& config, int64_t memory_width);

  // Last hidden states of the pass's kept rows, the decoder's first: [kept rows, C].
  Tensor forward(const MedPass& pass) const;
  // The decoder's hidden states [rows, C] -> scores of the next token [rows, V]; the matrix is its
  // word embedding's.
  Tensor logits(const Tensor& hidden) const;

  const ModelConfig& config() const { return config_; }
  const TextTower& encoder() const { return encoder_; }
  const TextTower& decoder() const { return decoder_; }

 private:
  void add_embeddings(autograd::ParameterBuilder& builder, TextTower& tower,
                      const std::string& root) const;
  void add_feed_forward(autograd::ParameterBuilder& builder, TextLayer& layer,
                        const std::string& at) const;
  void add_head(autograd::ParameterBuilder& builder, const std::string& embeddings);
  void tie_decoder(autograd::ParameterBuilder& builder) const;

  Tensor embed(const MedPass& pass) const;
  // x [rows, C], image [image rows, C_image] or undefined -> [rows, C]. The last layer returns only
  // the rows that the pass keeps.
  Tensor forward_layer(const Tensor& x, const Tensor& image, const MedPass& pass, size_t index,
                       bool last) const;

  ModelConfig config_;
  TextTower encoder_, decoder_;
  autograd::Linear head_dense_;
  autograd::LayerNorm head_norm_;
  autograd::Parameter head_bias_;
};

}  // namespace medley::models
