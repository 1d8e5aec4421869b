// Vision transformer (Dosovitskiy et al. 2021), pre-LayerNorm, as timm builds it. Inside, tokens
// are rows: [B N, C], N = 1 + (S / p)^2, the class token first.
#pragma once

#include <vector>

#include "autograd/nn/layernorm.h"
#include "autograd/nn/linear.h"
#include "autograd/nn/mlp.h"
#include "models/config.h"
#include "models/dropout_sites.h"

namespace medley::models {

class Vit {
 public:
  Vit() = default;
  // name is the first part of every parameter's name and must be a literal (it is a Scope too).
  Vit(autograd::ParameterBuilder& builder, const char* name, const ModelConfig& config);

  // images [B, 3, S, S] -> all tokens after the last LayerNorm, [B N, C]. sites.p is the last
  // block's rate of stochastic depth; it rises linearly from 0 at the first.
  // `patches` as in autograd::patch_embed: two towers over the same pictures unfold them once.
  Tensor tokens(const Tensor& images, const DropoutSites& sites = {},
                Tensor* patches = nullptr) const;
  // Class tokens alone, [B, C]: past the attention of the last block nothing else is computed.
  Tensor class_tokens(const Tensor& images, const DropoutSites& sites = {},
                      Tensor* patches = nullptr) const;
  // Rows of the class tokens of B images: [B] i32.
  Tensor class_rows(int64_t images, Device device) const;

 private:
  struct Block {
    autograd::LayerNorm norm1, norm2;
    autograd::Linear qkv, proj;
    autograd::Mlp mlp;
  };

  Tensor forward(const Tensor& images, const DropoutSites& sites, Tensor* patches,
                 bool class_only) const;
  // kept: rows that are wanted from this block ([k] i32); undefined: all.
  Tensor run(size_t index, const Tensor& x, int64_t images, const DropoutSites& sites,
             const Tensor& kept) const;

  const char* name_ = "";
  int64_t image_size_ = 0, width_ = 0, tokens_ = 0, heads_ = 0;
  bool recompute_ = false;
  autograd::Parameter cls_, pos_, patch_weight_, patch_bias_;
  std::vector<Block> blocks_;
  autograd::LayerNorm norm_;
};

}  // namespace medley::models
