// One layer of the mixture of encoder and decoder: self-attention (two sets of weights),
// cross-attention over the image, feed-forward; the last two are shared by encoder and decoder.
#pragma once

#include "autograd/nn/mlp.h"
#include "models/text/attention.h"
#include "models/text/pass.h"

namespace medley::models {

// Names of the two uses in scopes: literals.
struct MedNames {
  const char* encoder = "text_encoder";
  const char* decoder = "text_decoder";
};

struct MedLayer {
  SelfAttention encoder, decoder;
  CrossAttention cross;
  autograd::Mlp ffn;
  autograd::LayerNorm norm;

  // x [rows, C], image [image rows, C_image] or undefined -> [rows, C]; the kept rows alone when
  // `last`.
  Tensor forward(const Tensor& x, const Tensor& image, const MedPass& pass, size_t index, bool last,
                 const MedNames& names) const;
  // norm(x + dropout(ffn(x)))
  Tensor feed_forward(const Tensor& x, const kernels::DropoutKey& key = {}) const;

 private:
  Tensor attend(const Tensor& x, const MedPass& pass, size_t index, bool last,
                const MedNames& names) const;
};

}  // namespace medley::models
