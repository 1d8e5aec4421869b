// The encoder or the decoder of texts: embeddings, and layers of self-attention, cross-attention
// over the image and feed-forward. What two towers share is the same parameters in both.
#pragma once

#include <vector>

#include "autograd/nn/embedding.h"
#include "autograd/nn/mlp.h"
#include "models/text/attention.h"

namespace medley::models {

struct TextLayer {
  // norm(x + dropout(ffn(x)))
  Tensor feed_forward(const Tensor& x, const kernels::DropoutKey& key = {}) const;

  SelfAttention self;
  CrossAttention cross;
  autograd::Mlp ffn;
  autograd::LayerNorm norm;
};

struct TextTower {
  // ids, positions [tokens] i32 -> [tokens, C]
  Tensor embed(const Tensor& ids, const Tensor& positions,
               const kernels::DropoutKey& key = {}) const;

  const char* name = "";  // in scopes: a literal
  autograd::Embedding embedding;
  autograd::LayerNorm norm;
  std::vector<TextLayer> layers;
};

}  // namespace medley::models
