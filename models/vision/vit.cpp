// Forward pass of the vision transformer.
#include "models/vision/vit.h"

#include "autograd/ops/attention.h"
#include "autograd/ops/patch_embed.h"
#include "autograd/ops/rows.h"
#include "autograd/recompute.h"
#include "core/constant.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"

namespace medley::models {

using autograd::Init;

Vit::Vit(autograd::ParameterBuilder& builder, const char* name, const ModelConfig& c)
    : name_(name),
      image_size_(c.image_size),
      width_(c.vit_width),
      tokens_(c.tokens_per_image()),
      heads_(c.vit_heads),
      recompute_(c.recompute) {
  const std::string root = name;
  const Init init = Init::truncated(c.init_std);
  const Init patch_init = autograd::torch_default(3 * c.patch_size * c.patch_size);
  cls_ = builder.add(root + ".cls_token", {1, 1, width_}, init);
  pos_ = builder.add(root + ".pos_embed", {1, tokens_, width_}, init);
  patch_weight_ = builder.add(root + ".patch_embed.proj.weight",
                              {width_, 3, c.patch_size, c.patch_size}, patch_init);
  patch_bias_ = builder.add(root + ".patch_embed.proj.bias", {width_}, patch_init);
  for (int64_t i = 0; i < c.vit_depth; ++i) {
    const std::string at = root + ".blocks." + std::to_string(i);
    blocks_.push_back(
        {.norm1 = {builder, at + ".norm1", width_, c.vit_eps},
         .norm2 = {builder, at + ".norm2", width_, c.vit_eps},
         .qkv = {builder, at + ".attn.qkv", width_, 3 * width_, init},
         .proj = {builder, at + ".attn.proj", width_, width_, init},
         .mlp = {builder, at + ".mlp.fc1", at + ".mlp.fc2", width_, c.vit_ffn_width(), init}});
  }
  norm_ = autograd::LayerNorm(builder, root + ".norm", width_, c.vit_eps);
}

Tensor Vit::class_rows(int64_t images, Device device) const {
  std::vector<int32_t> rows;
  for (int64_t b = 0; b < images; ++b) rows.push_back(static_cast<int32_t>(b * tokens_));
  return constant_indices(rows, device);
}

Tensor Vit::run(size_t index, const Tensor& x, int64_t images, const DropoutSites& sites,
                const Tensor& kept) const {
  const Block& block = blocks_[index];
  const double last = static_cast<double>(blocks_.size() - 1);
  const double rate = last > 0 ? sites.p * static_cast<double>(index) / last : 0;
  Tensor context, residual = x;
  {
    const Scope scope("attn");
    context = autograd::self_attention(block.qkv(block.norm1(x)),
                                       autograd::uniform_sequences(images, tokens_, x.device()),
                                       {.heads = heads_, .causal = false, .dropout = {}});
    if (kept.defined()) {
      context = autograd::gather_rows(context, kept);
      residual = autograd::gather_rows(x, kept);
    }
    context = block.proj.residual(context, residual,
                                  sites.at(index + 1, DropoutSites::image_attention, rate), images);
  }
  const Scope scope("mlp");
  return block.mlp(block.norm2(context), context,
                   sites.at(index + 1, DropoutSites::image_mlp, rate), images);
}

Tensor Vit::forward(const Tensor& images, const DropoutSites& sites, Tensor* patches,
                    bool class_only) const {
  const Scope tower(name_);
  if (images.rank() != 4 || images.size(1) != 3 || images.size(2) != image_size_ ||
      images.size(3) != image_size_)
    throw ShapeError(str("[vit] images have shape ", images.shape(), " but the model takes (B, 3, ",
                         image_size_, ", ", image_size_, ")"),
                     "resize the pictures, or set image_size to their side");
  const int64_t count = images.size(0);
  Tensor x;
  {
    const Scope scope("patch_embed");
    x = autograd::patch_embed(images, patch_weight_.compute(), patch_bias_, cls_, pos_, patches);
    x = x.view({count * tokens_, width_});
  }
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Scope scope("blocks", static_cast<int64_t>(i));
    const bool last = i + 1 == blocks_.size();
    const Tensor kept = class_only && last ? class_rows(count, x.device()) : Tensor();
    const auto block = [this, i, count, sites, kept](const std::vector<Tensor>& in) {
      return run(i, in[0], count, sites, kept);
    };
    x = recompute_ ? autograd::checkpoint(block, {x}) : block({x});
  }
  const Scope scope("norm");
  return norm_(x);
}

Tensor Vit::tokens(const Tensor& images, const DropoutSites& sites, Tensor* patches) const {
  return forward(images, sites, patches, false);
}
Tensor Vit::class_tokens(const Tensor& images, const DropoutSites& sites, Tensor* patches) const {
  return forward(images, sites, patches, true);
}

}  // namespace medley::models
