// Self-attention and cross-attention of the text transformer.
#include "models/text/attention.h"

namespace medley::models {

using autograd::Init;
using autograd::LayerNorm;
using autograd::Linear;

SelfAttention::SelfAttention(autograd::ParameterBuilder& builder, const std::string& name,
                             const ModelConfig& c)
    : heads(c.text_heads) {
  const int64_t width = c.text_width;
  const Init init = Init::truncated(c.init_std);
  qkv =
      Linear::fused(builder, name + ".self", "qkv", {"query", "key", "value"}, width, width, init);
  output = Linear(builder, name + ".output.dense", width, width, init);
  norm = LayerNorm(builder, name + ".output.LayerNorm", width, c.text_eps);
}

Tensor SelfAttention::context(const Tensor& x, const autograd::Sequences& texts, bool causal,
                              const kernels::DropoutKey& probabilities) const {
  return autograd::self_attention(qkv(x), texts,
                                  {.heads = heads, .causal = causal, .dropout = probabilities});
}

Tensor SelfAttention::finish(const Tensor& context, const Tensor& residual,
                             const kernels::DropoutKey& key) const {
  return norm(output.residual(context, residual, key));
}

CrossAttention::CrossAttention(autograd::ParameterBuilder& builder, const std::string& name,
                               const ModelConfig& c)
    : heads(c.text_heads) {
  const int64_t width = c.text_width;
  const Init init = Init::truncated(c.init_std);
  query = Linear(builder, name + ".self.query", width, width, init);
  kv = Linear::fused(builder, name + ".self", "kv", {"key", "value"}, c.vit_width, width, init);
  output = Linear(builder, name + ".output.dense", width, width, init);
  norm = LayerNorm(builder, name + ".output.LayerNorm", width, c.text_eps);
}

Tensor CrossAttention::operator()(const Tensor& x, const Tensor& keys_values,
                                  const autograd::Sequences& queries,
                                  const autograd::Sequences& images, const Tensor& image_of,
                                  const kernels::DropoutKey& probabilities,
                                  const kernels::DropoutKey& key) const {
  const Tensor context =
      autograd::cross_attention(query(x), keys_values, queries, images, image_of,
                                {.heads = heads, .causal = false, .dropout = probabilities});
  return norm(output.residual(context, x, key));
}

}  // namespace medley::models
