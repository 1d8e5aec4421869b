// The two attentions of a text layer, each with output matrix, dropout, residual and LayerNorm
// behind it (post-LayerNorm, as BERT): y = norm(x + dropout(output(attention(x)))).
#pragma once

#include <string>

#include "autograd/nn/layernorm.h"
#include "autograd/nn/linear.h"
#include "autograd/ops/attention.h"
#include "models/config.h"

namespace medley::models {

// Parameters: <name>.self.qkv (rows query, key, value), <name>.output.dense,
// <name>.output.LayerNorm.
struct SelfAttention {
  SelfAttention() = default;
  SelfAttention(autograd::ParameterBuilder& builder, const std::string& name, const ModelConfig& c);

  // x [rows, C] -> what the heads saw, before the output matrix: [rows, C].
  Tensor context(const Tensor& x, const autograd::Sequences& texts, bool causal,
                 const kernels::DropoutKey& probabilities) const;
  // context, residual [rows, C] -> [rows, C]
  Tensor finish(const Tensor& context, const Tensor& residual,
                const kernels::DropoutKey& key) const;

  int64_t heads = 0;
  autograd::Linear qkv, output;
  autograd::LayerNorm norm;
};

// Parameters: <name>.self.query, <name>.self.kv (rows key, value, from the image's width),
// <name>.output.dense, <name>.output.LayerNorm.
struct CrossAttention {
  CrossAttention() = default;
  CrossAttention(autograd::ParameterBuilder& builder, const std::string& name,
                 const ModelConfig& c);

  // Text i, row block i of queries, attends to image image_of[i], row block image_of[i] of images.
  // x [rows, C], keys_values [image rows, 2 C] = kv(image tokens) -> [rows, C].
  Tensor operator()(const Tensor& x, const Tensor& keys_values, const autograd::Sequences& queries,
                    const autograd::Sequences& images, const Tensor& image_of,
                    const kernels::DropoutKey& probabilities, const kernels::DropoutKey& key) const;

  int64_t heads = 0;
  autograd::Linear query, kv, output;
  autograd::LayerNorm norm;
};

}  // namespace medley::models
