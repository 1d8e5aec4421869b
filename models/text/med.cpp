// Parameters and forward pass of the mixture of encoder and decoder.
#include "models/text/med.h"

#include "autograd/ops/dropout.h"
#include "autograd/ops/rows.h"
#include "autograd/recompute.h"
#include "core/scope.h"

namespace medley::models {
namespace {

std::string layer_name(const std::string& tower, size_t i) {
  return tower + ".encoder.layer." + std::to_string(i);
}

// In front of the names of a decoder's embeddings and layers; those of its head follow its name.
std::string decoder_root(const TextTower& tower) { return std::string(tower.name) + ".bert"; }

}  // namespace

using autograd::Init;
using autograd::LayerNorm;
using autograd::Linear;
using autograd::ParameterBuilder;

Tensor TextLayer::feed_forward(const Tensor& x, const kernels::DropoutKey& key) const {
  return norm(ffn(x, x, key));
}

Tensor TextTower::embed(const Tensor& ids, const Tensor& positions,
                        const kernels::DropoutKey& key) const {
  const Scope scope("embeddings");
  return autograd::dropout(norm(embedding(ids, positions)), key);
}

Med::Med(ParameterBuilder& builder, const char* name, const ModelConfig& c) : config_(c) {
  encoder_.name = name;
  encoder_.layers.resize(static_cast<size_t>(c.text_depth));
  add_embeddings(builder, encoder_, std::string(name) + ".embeddings");
  for (size_t i = 0; i < encoder_.layers.size(); ++i) {
    const std::string at = layer_name(name, i);
    encoder_.layers[i].self = SelfAttention(builder, at + ".attention", c);
    add_feed_forward(builder, encoder_.layers[i], at);
  }
}

void Med::add_embeddings(ParameterBuilder& builder, TextTower& tower,
                         const std::string& root) const {
  const int64_t width = config_.text_width;
  tower.embedding = autograd::Embedding(builder, root, config_.vocab_size, config_.max_positions,
                                        width, Init::truncated(config_.init_std));
  tower.norm = LayerNorm(builder, root + ".LayerNorm", width, config_.text_eps);
}

void Med::add_feed_forward(ParameterBuilder& builder, TextLayer& layer,
                           const std::string& at) const {
  layer.ffn =
      autograd::Mlp(builder, at + ".intermediate.dense", at + ".output.dense", config_.text_width,
                    config_.ffn_width(), Init::truncated(config_.init_std));
  layer.norm = LayerNorm(builder, at + ".output.LayerNorm", config_.text_width, config_.text_eps);
}

void Med::add_cross_attention(ParameterBuilder& builder) {
  for (size_t i = 0; i < encoder_.layers.size(); ++i)
    encoder_.layers[i].cross =
        CrossAttention(builder, layer_name(encoder_.name, i) + ".crossattention", config_);
}

void Med::add_decoder(ParameterBuilder& builder, const char* name) {
  decoder_ = encoder_;  // what is shared stays
  decoder_.name = name;
  decoder_.layers.resize(static_cast<size_t>(config_.text_depth));
  const std::string root = decoder_root(decoder_);
  const std::string embeddings = (config_.shares_the_rest() ? encoder_.name : root) + ".embeddings";
  if (!config_.shares_the_rest()) add_embeddings(builder, decoder_, embeddings);
  for (size_t i = 0; i < decoder_.layers.size(); ++i) {
    TextLayer& layer = decoder_.layers[i];
    const std::string at = layer_name(root, i);
    if (!config_.shares_self_attention())
      layer.self = SelfAttention(builder, at + ".attention", config_);
    if (!config_.shares_cross_attention())
      layer.cross = CrossAttention(builder, at + ".crossattention", config_);
    if (!config_.shares_the_rest()) add_feed_forward(builder, layer, at);
  }
  add_head(builder, embeddings);
  tie_decoder(builder);
}

Med Med::separate_decoder(ParameterBuilder& builder, const char* name, const ModelConfig& config,
                          int64_t memory_width) {
  Med med;
  med.config_ = config;
  med.config_.share = "none";
  med.config_.vit_width = memory_width;  // of what cross-attention reads
  med.add_decoder(builder, name);
  return med;
}

// The output matrix is the word embedding.
void Med::add_head(ParameterBuilder& builder, const std::string& embeddings) {
  const std::string head = std::string(decoder_.name) + ".cls.predictions";
  head_dense_ = Linear(builder, head + ".transform.dense", config_.text_width, config_.text_width,
                       Init::truncated(config_.init_std));
  head_norm_ =
      LayerNorm(builder, head + ".transform.LayerNorm", config_.text_width, config_.text_eps);
  head_bias_ = builder.add(head + ".bias", {config_.vocab_size}, {});
  builder.tie(head + ".decoder.weight", embeddings + ".word_embeddings.weight");
  builder.tie(head + ".decoder.bias", head + ".bias");
}

// What is shared is one parameter under two names.
void Med::tie_decoder(ParameterBuilder& builder) const {
  const std::string encoder = encoder_.name, decoder = decoder_root(decoder_);
  const auto tie = [&](const std::string& module) {
    for (const char* kind : {".weight", ".bias"})
      builder.tie(decoder + module + kind, encoder + module + kind);
  };
  const auto tie_attention = [&](const std::string& attention) {
    for (const char* part :
         {".self.query", ".self.key", ".self.value", ".output.dense", ".output.LayerNorm"})
      tie(attention + part);
  };
  if (config_.shares_the_rest()) {
    for (const char* table : {".word_embeddings.weight", ".position_embeddings.weight"})
      builder.tie(decoder + ".embeddings" + table, encoder + ".embeddings" + table);
    tie(".embeddings.LayerNorm");
  }
  for (size_t i = 0; i < decoder_.layers.size(); ++i) {
    const std::string at = layer_name("", i);
    if (config_.shares_self_attention()) tie_attention(at + ".attention");
    if (config_.shares_cross_attention()) tie_attention(at + ".crossattention");
    if (!config_.shares_the_rest()) continue;
    for (const char* part : {".intermediate.dense", ".output.dense", ".output.LayerNorm"})
      tie(at + part);
  }
}

Tensor Med::embed(const MedPass& pass) const {
  const auto rows = [&](const TextTower& tower, int64_t begin, int64_t end,
                        DropoutSites::Site site) {
    const Scope scope(tower.name);
    return tower.embed(pass.ids.slice(0, begin, end), pass.positions.slice(0, begin, end),
                       pass.dropout.at(0, site));
  };
  const int64_t decoder = pass.decoder.rows, all = decoder + pass.encoder.rows;
  if (pass.encoder.rows == 0) return rows(decoder_, 0, all, DropoutSites::hidden);
  if (decoder == 0 || config_.shares_the_rest())
    return rows(encoder_, 0, all, DropoutSites::hidden);
  return autograd::concat_rows({rows(decoder_, 0, decoder, DropoutSites::decoder_hidden),
                                rows(encoder_, decoder, all, DropoutSites::hidden)});
}

Tensor Med::forward(const MedPass& pass) const {
  Tensor x = embed(pass);
  const auto depth = static_cast<size_t>(config_.text_depth);
  for (size_t i = 0; i < depth; ++i) {
    const bool last = i + 1 == depth;
    // By value: when recomputing, it outlives this call.
    const auto layer = [this, pass, i, last](const std::vector<Tensor>& in) {
      return forward_layer(in[0], in.size() > 1 ? in[1] : Tensor(), pass, i, last);
    };
    std::vector<Tensor> inputs{x};
    if (pass.image.defined()) inputs.push_back(pass.image);
    x = config_.recompute ? autograd::checkpoint(layer, inputs) : layer(inputs);
  }
  return x;
}

Tensor Med::logits(const Tensor& hidden) const {
  const Scope tower(decoder_.name);
  const Scope scope("cls");
  const Tensor x = head_norm_(head_dense_(hidden, {.gelu = true, .residual = {}}));
  return autograd::linear(x, decoder_.embedding.words().compute(), head_bias_);
}

}  // namespace medley::models
