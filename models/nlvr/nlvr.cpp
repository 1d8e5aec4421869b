// NLVR2, built and run.
#include "models/nlvr/nlvr.h"

#include <algorithm>

#include "autograd/ops/add.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/relu.h"
#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/str.h"
#include "models/text/pass.h"

namespace medley::models {
namespace {

using autograd::Init;
using autograd::LayerNorm;
using autograd::Linear;
using autograd::Mlp;
using Site = DropoutSites::Site;

// Merge layers begin near the mean of both pictures, which the layers before them take, so that a
// pre-trained model can use at once what it knows. Drawn as the original draws them, they hide it:
// small models were at chance for thousands of steps (docs/results/finetuning.md).
constexpr double kMergeNoise = 0.3;  // of the usual deviation; tells the two pictures apart

// [rows, C] twice -> [rows, 2 C]: rows in turn are the same memory.
Tensor side_by_side(const Tensor& a, const Tensor& b) {
  const int64_t rows = a.size(0);
  std::vector<int32_t> in_turn;
  for (int64_t r = 0; r < rows; ++r) {
    in_turn.push_back(static_cast<int32_t>(r));
    in_turn.push_back(static_cast<int32_t>(rows + r));
  }
  return autograd::gather_rows(autograd::concat_rows({a, b}),
                               Tensor::from(in_turn, {2 * rows}, a.device()))
      .view({rows, 2 * a.size(1)});
}

}  // namespace

struct Nlvr::Pair {
  std::vector<Tensor> rows;       // of the left and the right pictures, [B N, C_image] each
  autograd::Sequences sequences;  // of either
};

Nlvr::Nlvr(const ModelConfig& c, SpecialTokens tokens, DType dtype, Device device,
           std::optional<uint64_t> seed)
    : config_(c), tokens_(tokens), device_(device), layers_(static_cast<size_t>(c.text_depth)) {
  const Scope scope("nlvr");
  validate(c);
  const Init init = Init::truncated(c.init_std);
  const Init merge = Init::near_mean(kMergeNoise * c.init_std);
  const int64_t width = c.text_width;
  autograd::ParameterBuilder builder;
  image_ = Vit(builder, "visual_encoder", c);
  const std::string root = "text_encoder.embeddings";
  embedding_ = autograd::Embedding(builder, root, c.vocab_size, c.max_positions, width, init);
  embedding_norm_ = LayerNorm(builder, root + ".LayerNorm", width, c.text_eps);
  for (size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    const std::string at = "text_encoder.encoder.layer." + std::to_string(i);
    layer.self = SelfAttention(builder, at + ".attention", c);
    const std::string cross = at + ".crossattention";
    for (const size_t s : {size_t{0}, size_t{1}}) {
      const std::string number = std::to_string(s), own = cross + ".self" + number;
      layer.sides[s] = {
          Linear(builder, own + ".query", width, width, init),
          Linear::fused(builder, own, "kv", {"key", "value"}, c.vit_width, width, init),
          Linear(builder, cross + ".output.dense" + number, width, width, init)};
    }
    if (static_cast<int64_t>(i) >= first_merge(c))
      layer.merge = Linear(builder, cross + ".output.merge_layer", 2 * width, width, merge);
    layer.cross_norm = LayerNorm(builder, cross + ".output.LayerNorm", width, c.text_eps);
    layer.ffn =
        Mlp(builder, at + ".intermediate.dense", at + ".output.dense", width, c.ffn_width(), init);
    layer.norm = LayerNorm(builder, at + ".output.LayerNorm", width, c.text_eps);
  }
  head_first_ = Linear(builder, "cls_head.0", width, width);
  head_second_ = Linear(builder, "cls_head.2", width, 2);
  weights_ = seed ? builder.build(dtype, device, *seed) : builder.build_zeros(dtype, device);
}

Tensor Nlvr::cross(const Layer& layer, bool merges, const Tensor& x, const PackedText& text,
                   const Pair& pictures, const DropoutSites& sites, size_t index) const {
  std::vector<Tensor> seen;
  for (const size_t s : {size_t{0}, size_t{1}}) {
    const Side& side = layer.sides[s];
    const Tensor context = autograd::cross_attention(
        side.query(x), side.kv(pictures.rows[s]), text.sequences, pictures.sequences, {},
        {.heads = config_.text_heads,
         .causal = false,
         .dropout =
             sites.at(index, s == 0 ? Site::cross_probabilities : Site::decoder_probabilities)});
    seen.push_back(side.dense(context));
  }
  const Tensor both =
      merges ? layer.merge(side_by_side(seen[0], seen[1])) : autograd::mean(seen[0], seen[1]);
  return layer.cross_norm(
      autograd::add(x, autograd::dropout(both, sites.at(index, Site::cross_output))));
}

Tensor Nlvr::states(const Tensor& images, const PackedText& text, const DropoutSites& dropout,
                    const DropoutSites& image_sites) const {
  const Scope scope("nlvr");
  const auto count = static_cast<int64_t>(text.lengths.size());
  if (images.size(0) != 2 * count)
    throw ValueError(str("[nlvr] ", images.size(0), " pictures do not go with ", count, " texts"),
                     "give the left pictures, then as many right ones");
  const int64_t tokens = config_.tokens_per_image();
  const Pair pictures{
      autograd::split_rows(image_.tokens(images, image_sites), {count * tokens, count * tokens}),
      autograd::uniform_sequences(count, tokens, device_)};
  Tensor x = autograd::dropout(
      embedding_norm_(embedding_(with_first_token(text, tokens_.enc), text.positions)),
      dropout.at(0, Site::hidden));
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Scope in("layer", static_cast<int64_t>(i));
    const Layer& layer = layers_[i];
    x = layer.self.finish(layer.self.context(x, text.sequences, false,
                                             dropout.at(i + 1, Site::encoder_probabilities)),
                          x, dropout.at(i + 1, Site::encoder_output));
    x = cross(layer, static_cast<int64_t>(i) >= first_merge(config_), x, text, pictures, dropout,
              i + 1);
    x = layer.norm(layer.ffn(x, x, dropout.at(i + 1, Site::hidden)));
  }
  return x;
}

Tensor Nlvr::logits(const Tensor& images, const PackedText& text, const DropoutSites& text_sites,
                    const DropoutSites& image_sites) const {
  const Tensor first =
      autograd::gather_rows(states(images, text, text_sites, image_sites), first_rows(text));
  const Scope scope("cls_head");
  return head_second_(autograd::relu(head_first_(first)));
}

}  // namespace medley::models
