// Parameters and forward pass of the mixture of encoder and decoder.
#include "models/text/med.h"

#include "autograd/ops/dropout.h"
#include "autograd/recompute.h"
#include "core/scope.h"

namespace medley::models {
namespace {

std::string layer_name(const std::string& tower, size_t i) {
  return tower + ".encoder.layer." + std::to_string(i);
}

}  // namespace

using autograd::Init;
using autograd::LayerNorm;
using autograd::Linear;
using autograd::ParameterBuilder;

Med::Med(ParameterBuilder& builder, const char* name, const ModelConfig& c)
    : config_(c), layers_(static_cast<size_t>(c.text_depth)) {
  names_.encoder = name;
  add_embeddings(builder, std::string(name) + ".embeddings");
  for (size_t i = 0; i < layers_.size(); ++i) {
    const std::string at = layer_name(name, i);
    layers_[i].encoder = SelfAttention(builder, at + ".attention", c);
    add_feed_forward(builder, i, at);
  }
}

void Med::add_embeddings(ParameterBuilder& builder, const std::string& root) {
  const int64_t width = config_.text_width;
  embedding_ = autograd::Embedding(builder, root, config_.vocab_size, config_.max_positions, width,
                                   Init::truncated(config_.init_std));
  norm_ = LayerNorm(builder, root + ".LayerNorm", width, config_.text_eps);
}

void Med::add_feed_forward(ParameterBuilder& builder, size_t layer, const std::string& at) {
  layers_[layer].ffn =
      autograd::Mlp(builder, at + ".intermediate.dense", at + ".output.dense", config_.text_width,
                    config_.ffn_width(), Init::truncated(config_.init_std));
  layers_[layer].norm =
      LayerNorm(builder, at + ".output.LayerNorm", config_.text_width, config_.text_eps);
}

void Med::add_cross_attention(ParameterBuilder& builder) {
  for (size_t i = 0; i < layers_.size(); ++i)
    layers_[i].cross =
        CrossAttention(builder, layer_name(names_.encoder, i) + ".crossattention", config_);
}

void Med::add_decoder(ParameterBuilder& builder, const char* name) {
  names_.decoder = name;
  const std::string bert = std::string(name) + ".bert";
  for (size_t i = 0; i < layers_.size(); ++i)
    layers_[i].decoder = SelfAttention(builder, layer_name(bert, i) + ".attention", config_);
  add_head(builder, std::string(names_.encoder) + ".embeddings");
  tie_decoder(builder);
}

Med Med::separate_decoder(ParameterBuilder& builder, const char* name, const ModelConfig& config,
                          int64_t memory_width) {
  Med med;
  med.config_ = config;
  med.config_.vit_width = memory_width;  // of what cross-attention reads
  med.layers_.resize(static_cast<size_t>(config.text_depth));
  med.names_.decoder = name;
  const std::string bert = std::string(name) + ".bert";
  med.add_embeddings(builder, bert + ".embeddings");
  for (size_t i = 0; i < med.layers_.size(); ++i) {
    const std::string at = layer_name(bert, i);
    med.layers_[i].decoder = SelfAttention(builder, at + ".attention", med.config_);
    med.layers_[i].cross = CrossAttention(builder, at + ".crossattention", med.config_);
    med.add_feed_forward(builder, i, at);
  }
  med.add_head(builder, bert + ".embeddings");
  return med;
}

// The output matrix is the word embedding.
void Med::add_head(ParameterBuilder& builder, const std::string& embeddings) {
  const std::string head = std::string(names_.decoder) + ".cls.predictions";
  head_dense_ = Linear(builder, head + ".transform.dense", config_.text_width, config_.text_width,
                       Init::truncated(config_.init_std));
  head_norm_ =
      LayerNorm(builder, head + ".transform.LayerNorm", config_.text_width, config_.text_eps);
  head_bias_ = builder.add(head + ".bias", {config_.vocab_size}, {});
  builder.tie(head + ".decoder.weight", embeddings + ".word_embeddings.weight");
  builder.tie(head + ".decoder.bias", head + ".bias");
}

// Everything but self-attention is one parameter under two names (Li et al. 2022, section 3.2).
void Med::tie_decoder(ParameterBuilder& builder) const {
  const std::string encoder = names_.encoder, decoder = std::string(names_.decoder) + ".bert";
  const auto tie = [&](const std::string& rest) {
    for (const char* kind : {".weight", ".bias"})
      builder.tie(decoder + rest + kind, encoder + rest + kind);
  };
  for (const char* table : {".word_embeddings.weight", ".position_embeddings.weight"})
    builder.tie(decoder + ".embeddings" + table, encoder + ".embeddings" + table);
  tie(".embeddings.LayerNorm");
  for (size_t i = 0; i < layers_.size(); ++i) {
    for (const char* part :
         {".crossattention.self.query", ".crossattention.self.key", ".crossattention.self.value",
          ".crossattention.output.dense", ".crossattention.output.LayerNorm", ".intermediate.dense",
          ".output.dense", ".output.LayerNorm"})
      tie(layer_name("", i) + part);
  }
}

Tensor Med::embed(const Tensor& ids, const Tensor& positions,
                  const kernels::DropoutKey& key) const {
  const Scope scope("embeddings");
  return autograd::dropout(norm_(embedding_(ids, positions)), key);
}

Tensor Med::forward(const MedPass& pass) const {
  Tensor x;
  {
    const Scope tower(pass.encoder.rows > 0 ? names_.encoder : names_.decoder);
    x = embed(pass.ids, pass.positions, pass.dropout.at(0, DropoutSites::hidden));
  }
  for (size_t i = 0; i < layers_.size(); ++i) {
    const bool last = i + 1 == layers_.size();
    // By value: when recomputing, it outlives this call.
    const auto layer = [this, pass, i, last](const std::vector<Tensor>& in) {
      return layers_[i].forward(in[0], in.size() > 1 ? in[1] : Tensor(), pass, i, last, names_);
    };
    std::vector<Tensor> inputs{x};
    if (pass.image.defined()) inputs.push_back(pass.image);
    x = config_.recompute ? autograd::checkpoint(layer, inputs) : layer(inputs);
  }
  return x;
}

Tensor Med::logits(const Tensor& hidden) const {
  const Scope tower(names_.decoder);
  const Scope scope("cls");
  const Tensor x = head_norm_(head_dense_(hidden, {.gelu = true, .residual = {}}));
  return autograd::linear(x, embedding_.words().compute(), head_bias_);
}

}  // namespace medley::models
