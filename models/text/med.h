// Multimodal mixture of encoder and decoder (Li et al. 2022, section 3.1): a BERT with
// cross-attention in every layer. Parameters are declared in three steps, so that those that the
// momentum tower has too lie together.
#pragma once

#include <string>
#include <vector>

#include "autograd/nn/embedding.h"
#include "models/config.h"
#include "models/text/layer.h"

namespace medley::models {

class Med {
 public:
  Med() = default;
  // The text-only part: embeddings, self-attention, feed-forward. name is the first part of the
  // parameters' names.
  Med(autograd::ParameterBuilder& builder, const char* name, const ModelConfig& config);
  void add_cross_attention(autograd::ParameterBuilder& builder);
  // The decoder's own self-attention and its head; the rest of its names are tied to the encoder's.
  void add_decoder(autograd::ParameterBuilder& builder, const char* name);

  // A decoder that shares nothing with an encoder (VQA): it reads states of width memory_width.
  static Med separate_decoder(autograd::ParameterBuilder& builder, const char* name,
                              const ModelConfig& config, int64_t memory_width);

  // Last hidden states of the pass's kept rows, the encoder's first: [kept rows, C].
  Tensor forward(const MedPass& pass) const;
  // ids, positions [tokens] i32 -> [tokens, C]
  Tensor embed(const Tensor& ids, const Tensor& positions,
               const kernels::DropoutKey& key = {}) const;
  // Hidden states [rows, C] -> scores of the next token [rows, V]; the matrix is the word
  // embedding's.
  Tensor logits(const Tensor& hidden) const;

  const ModelConfig& config() const { return config_; }
  const std::vector<MedLayer>& layers() const { return layers_; }
  const char* decoder_name() const { return names_.decoder; }

 private:
  void add_embeddings(autograd::ParameterBuilder& builder, const std::string& root);
  void add_feed_forward(autograd::ParameterBuilder& builder, size_t layer, const std::string& at);
  void add_head(autograd::ParameterBuilder& builder, const std::string& embeddings);
  void tie_decoder(autograd::ParameterBuilder& builder) const;

  MedNames names_;
  ModelConfig config_;
  autograd::Embedding embedding_;
  autograd::LayerNorm norm_;
  std::vector<MedLayer> layers_;
  autograd::Linear head_dense_;
  autograd::LayerNorm head_norm_;
  autograd::Parameter head_bias_;
};

}  // namespace medley::models
