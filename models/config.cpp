// Presets and the checks of a configuration.
#include "models/config.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"

namespace medley::models {
namespace {

// Small models on a CPU: wide starting weights, no queue, momentum that warms up. Starting weights
// of 0.02 suit width 768; at width 96 the contrastive loss stays where it is for thousands of
// steps.
LossConfig small_data_losses() {
  LossConfig losses;
  losses.queue_size = 0;
  losses.momentum_warmup = true;
  losses.alpha_steps = 400;
  losses.equal_captions = true;
  return losses;
}

Preset scenes() {
  Preset p{.model = {}, .losses = small_data_losses()};
  p.model.image_size = 48;
  p.model.patch_size = 8;
  p.model.vit_width = p.model.text_width = p.model.embed_dim = 96;
  p.model.vit_depth = 4;
  p.model.text_depth = 2;
  p.model.vit_heads = p.model.text_heads = 3;
  p.model.vocab_size = 400;
  p.model.max_positions = p.model.max_tokens = 16;
  p.model.dropout = 0;
  p.model.init_std = 0.1;
  return p;
}

Preset picturebook() {
  Preset p = scenes();
  p.model.image_size = 64;
  p.model.patch_size = 16;
  p.model.embed_dim = 128;
  p.model.vocab_size = 2000;
  p.model.max_positions = p.model.max_tokens = 20;
  return p;
}

// For tests: widths and head sizes of the two sides differ, and the queue is no multiple of any
// batch.
Preset tiny() {
  Preset p;
  p.model.image_size = 24;
  p.model.patch_size = 8;
  p.model.vit_width = 24;
  p.model.vit_depth = 2;
  p.model.vit_heads = 3;
  p.model.text_width = 16;
  p.model.text_depth = 2;
  p.model.text_heads = 2;
  p.model.text_ffn = 40;
  p.model.embed_dim = 12;
  p.model.vocab_size = 40;
  p.model.max_positions = p.model.max_tokens = 12;
  p.model.dropout = 0;
  p.model.init_std = 0.2;
  p.losses.queue_size = 7;
  p.losses.alpha_steps = 10;
  return p;
}

Preset small() {
  Preset p;
  p.model.image_size = 128;
  p.model.vit_width = p.model.text_width = 384;
  p.model.vit_depth = 8;
  p.model.text_depth = 6;
  p.model.vit_heads = p.model.text_heads = 6;
  p.model.vocab_size = 8000;
  p.losses.queue_size = 4096;
  return p;
}

// ViT-L/16 with the text side of base (Li et al. 2022, section 4.1). The original gives ViT-L
// stochastic depth in every use, and ViT-B none in pre-training.
Preset large() {
  Preset p;
  p.model.vit_width = 1024;
  p.model.vit_depth = 24;
  p.model.vit_heads = 16;
  p.model.drop_path = 0.1;
  return p;
}

const std::vector<std::pair<std::string, Preset (*)()>>& presets() {
  static const std::vector<std::pair<std::string, Preset (*)()>> all = {
      {"scenes", scenes}, {"picturebook", picturebook},      {"tiny", tiny},
      {"small", small},   {"base", [] { return Preset{}; }}, {"large", large}};
  return all;
}

template <class T>
void require(bool holds, const char* key, T value, const std::string& what,
             const std::string& hint = {}) {
  if (!holds) throw ConfigError(str("[config] ", key, " is ", value, ": it must be ", what), hint);
}

void check_heads(const char* heads_key, int64_t heads, const char* width_key, int64_t width) {
  require(width >= 1, width_key, width, "at least 1");
  require(heads >= 1 && width % heads == 0, heads_key, heads,
          str("a divisor of ", width_key, " = ", width));
}

}  // namespace

Preset preset(const std::string& name) {
  for (const auto& [known, make] : presets())
    if (known == name) return make();
  throw ConfigError(
      str("[config] there is no preset '", name, "'", did_you_mean(name, preset_names())),
      "presets: scenes, picturebook, tiny, small, base, large");
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const auto& entry : presets()) names.push_back(entry.first);
  return names;
}

void validate(const ModelConfig& c) {
  require(c.patch_size >= 1, "patch_size", c.patch_size, "at least 1");
  const int64_t below = c.image_size / c.patch_size * c.patch_size;
  require(c.image_size >= c.patch_size && c.image_size == below, "image_size", c.image_size,
          str("a multiple of patch_size = ", c.patch_size),
          str("the nearest are ", below > 0 ? below : c.patch_size, " and ", below + c.patch_size));
  check_heads("vit_heads", c.vit_heads, "vit_width", c.vit_width);
  check_heads("text_heads", c.text_heads, "text_width", c.text_width);
  require(c.vit_depth >= 1, "vit_depth", c.vit_depth, "at least 1");
  require(c.text_depth >= 1, "text_depth", c.text_depth, "at least 1");
  require(c.vit_ffn >= 0, "vit_ffn", c.vit_ffn, "at least 1, or 0 for 4 vit_width");
  require(c.text_ffn >= 0, "text_ffn", c.text_ffn, "at least 1, or 0 for 4 text_width");
  require(c.embed_dim >= 1, "embed_dim", c.embed_dim, "at least 1");
  require(c.vocab_size >= 1, "vocab_size", c.vocab_size, "at least 1");
  require(c.max_tokens >= 3, "max_tokens", c.max_tokens, "at least 3: [CLS], a word, [SEP]");
  require(c.max_positions >= c.max_tokens, "max_positions", c.max_positions,
          str("at least max_tokens = ", c.max_tokens));
  const std::vector<std::string> sharings = {"all", "all_but_cross_attention",
                                             "all_but_self_attention", "none"};
  require(std::find(sharings.begin(), sharings.end(), c.share) != sharings.end(), "share",
          "'" + c.share + "'",
          "all, all_but_cross_attention, all_but_self_attention or none" +
              did_you_mean(c.share, sharings));
  require(c.dropout >= 0 && c.dropout < 1, "dropout", c.dropout, "in 0 .. 1, 1 left out");
  require(c.drop_path >= 0 && c.drop_path < 1, "drop_path", c.drop_path, "in 0 .. 1, 1 left out");
  require(c.init_std > 0, "init_std", c.init_std, "above 0");
  require(c.vit_eps > 0, "vit_eps", c.vit_eps, "above 0");
  require(c.text_eps > 0, "text_eps", c.text_eps, "above 0");
}

void validate(const LossConfig& c) {
  require(c.queue_size >= 0, "queue_size", c.queue_size, "0 (no queue) or more");
  require(c.momentum >= 0 && c.momentum <= 1, "momentum", c.momentum, "in 0 .. 1");
  require(c.alpha >= 0 && c.alpha <= 1, "alpha", c.alpha, "in 0 .. 1");
  require(c.alpha_steps >= 0, "alpha_steps", c.alpha_steps, "0 (no ramp) or more");
  require(c.temperature >= 0.001 && c.temperature <= 0.5, "temperature", c.temperature,
          "in 0.001 .. 0.5");
  require(c.label_smoothing >= 0 && c.label_smoothing < 1, "label_smoothing", c.label_smoothing,
          "in 0 .. 1, 1 left out");
}

}  // namespace medley::models
