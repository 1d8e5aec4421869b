// Reads config.json; defaults are those of BlipConfig, BlipTextConfig and BlipVisionConfig.
#include "models/weights/hf_config.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"
#include "models/weights/elements.h"

namespace medley::models {
namespace {

// Far above every model's, and small enough that nothing that is computed from them overflows.
constexpr int64_t kMostPixels = 1 << 14, kMostWidth = 1 << 16, kMostLayers = 1000,
                  kMostRows = 1 << 24;

// What is absent or null has a default.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), json_(Json::read(path)) {
    if (!json_.is_object()) throw DataError(path + ": it holds no object");
  }

  double number(const std::string& key, double otherwise) const {
    const Json* found = find(key);
    if (!found) return otherwise;
    if (!found->is_number()) throw DataError(path_ + ": '" + key + "' is not a number");
    return found->number();
  }
  double fraction(const std::string& key, double otherwise) const {
    const double value = number(key, otherwise);
    if (!(value >= 0 && value < 1))
      throw DataError(str(path_, ": '", key, "' is ", value, ", not in 0 .. 1"));
    return value;
  }
  int64_t size(const std::string& key, int64_t otherwise, int64_t most, int64_t least = 1) const {
    const double value = number(key, static_cast<double>(otherwise));
    if (!(value >= static_cast<double>(least) && value <= static_cast<double>(most)) ||
        value != std::floor(value))
      throw DataError(
          str(path_, ": '", key, "' is ", value, ", not a whole number in ", least, " .. ", most));
    return static_cast<int64_t>(value);
  }
  std::string text(const std::string& key, const std::string& otherwise) const {
    const Json* found = find(key);
    if (!found) return otherwise;
    if (!found->is_string()) throw DataError(path_ + ": '" + key + "' is not text");
    return found->text();
  }
  std::string architecture() const {
    const Json* list = find("architectures");
    const bool named =
        list && list->is_array() && !list->items().empty() && list->items()[0].is_string();
    return named ? list->items()[0].text() : "";
  }
  const std::string& path() const { return path_; }

 private:
  // "table.key" or "key".
  const Json* find(const std::string& key) const {
    const size_t dot = key.find('.');
    const Json* table = dot == key.npos ? &json_ : json_.find(key.substr(0, dot));
    const Json* found = table ? table->find(key.substr(dot == key.npos ? 0 : dot + 1)) : nullptr;
    return found && !found->is_null() ? found : nullptr;
  }

  std::string path_;
  Json json_;
};

HfModel kind_of_weights(const WeightFiles& files) {
  const auto has = [&](const char* part) {
    return std::any_of(files.entries().begin(), files.entries().end(),
                       [&](const WeightEntry& entry) { return entry.name.starts_with(part); });
  };
  if (has("logit_scale")) return HfModel::base;
  if (has("itm_head.")) return HfModel::itm;
  return has("text_encoder.") ? HfModel::vqa : HfModel::caption;
}

HfModel kind_of(const Reader& json, const WeightFiles* weights) {
  const std::string name = json.architecture();
  const std::string type = json.text("model_type", "blip");
  for (const HfModel kind : {HfModel::caption, HfModel::itm, HfModel::vqa, HfModel::base})
    if (name == architecture_of(kind)) return kind;
  if (weights && name.empty() && type == "blip") return kind_of_weights(*weights);
  throw DataError(
      str(json.path(), ": the ", name.empty() ? "model type '" + type : "architecture '" + name,
          "' is no BLIP that medley knows"),
      "it knows BlipForConditionalGeneration, BlipForImageTextRetrieval, "
      "BlipForQuestionAnswering and BlipModel");
}

// Sizes of a model against what its weights have.
class SizeCheck {
 public:
  SizeCheck(const Reader& json, const WeightFiles& files) : json_(json), files_(files) {}

  // `name` is that of a weight, one of whose dimensions is `size`.
  void dimension(const std::string& key, int64_t size, const std::string& name, size_t dim) const {
    const auto found = std::find_if(files_.entries().begin(), files_.entries().end(),
                                    [&](const WeightEntry& entry) { return entry.name == name; });
    if (found == files_.entries().end())
      throw DataError(str(files_.path(), " holds no '", name, "'"),
                      "its weights are not those of the model that config.json describes");
    if (dim >= found->shape.size() || found->shape[dim] != static_cast<uint64_t>(size))
      throw DataError(str(json_.path(), ": '", key, "' gives ", size, ", but '", found->stored,
                          "' of the weights is ", shape_text(found->shape)),
                      "the folder mixes the files of different models");
  }
  // Layers are named begin + "0" + end, begin + "1" + end and so on.
  void layers(const std::string& key, int64_t size, const std::string& begin,
              const std::string& end) const {
    const auto count = std::count_if(
        files_.entries().begin(), files_.entries().end(), [&](const WeightEntry& entry) {
          return entry.name.starts_with(begin) && entry.name.ends_with(end) &&
                 entry.name.find_first_not_of("0123456789", begin.size()) ==
                     entry.name.size() - end.size();
        });
    if (count != size)
      throw DataError(
          str(json_.path(), ": '", key, "' is ", size, ", but the weights have ", count, " layers"),
          "the folder mixes the files of different models");
  }

 private:
  const Reader& json_;
  const WeightFiles& files_;
};

void check_against(const WeightFiles& files, const Reader& json, const HfConfig& config) {
  const SizeCheck check(json, files);
  const ModelConfig& m = config.model;
  const std::string image = "visual_encoder.";
  const std::string text = config.kind == HfModel::caption ? "text_decoder.bert." : "text_encoder.";
  check.layers("vision_config.num_hidden_layers", m.vit_depth, image + "blocks.", ".norm1.weight");
  check.layers("text_config.num_hidden_layers", m.text_depth, text + "encoder.layer.",
               ".output.dense.weight");
  check.dimension("vision_config.hidden_size", m.vit_width, image + "patch_embed.proj.weight", 0);
  check.dimension("vision_config.patch_size", m.patch_size, image + "patch_embed.proj.weight", 3);
  check.dimension("vision_config.image_size", m.tokens_per_image(), image + "pos_embed", 1);
  check.dimension("vision_config.intermediate_size", m.vit_ffn, image + "blocks.0.mlp.fc1.weight",
                  0);
  const std::string words = text + "embeddings.word_embeddings.weight";
  check.dimension("text_config.hidden_size", m.text_width, words, 1);
  check.dimension("text_config.vocab_size", m.vocab_size, words, 0);
  check.dimension("text_config.max_position_embeddings", m.max_positions,
                  text + "embeddings.position_embeddings.weight", 0);
  check.dimension("text_config.intermediate_size", m.text_ffn,
                  text + "encoder.layer.0.intermediate.dense.weight", 0);
  if (config.kind == HfModel::itm)
    check.dimension("image_text_hidden_size", m.embed_dim, "vision_proj.weight", 0);
  if (config.kind == HfModel::base)
    check.dimension("projection_dim", m.embed_dim, "vision_proj.weight", 0);
}

}  // namespace

const char* architecture_of(HfModel kind) {
  switch (kind) {
    case HfModel::caption:
      return "BlipForConditionalGeneration";
    case HfModel::itm:
      return "BlipForImageTextRetrieval";
    case HfModel::vqa:
      return "BlipForQuestionAnswering";
    case HfModel::base:
      return "BlipModel";
  }
  return "?";
}

std::vector<std::string> parts_of(HfModel kind) {
  switch (kind) {
    case HfModel::caption:
      return {"visual_encoder.", "text_decoder."};
    case HfModel::itm:
      return {"visual_encoder.", "text_encoder.", "vision_proj.", "text_proj.", "itm_head."};
    case HfModel::vqa:
      return {"visual_encoder.", "text_encoder.", "text_decoder."};
    case HfModel::base:
      return {"visual_encoder.", "text_encoder.", "vision_proj.weight", "text_proj.weight"};
  }
  return {};
}

HfConfig read_hf_config(const std::string& path, const WeightFiles* weights) {
  const Reader json(path);
  HfConfig config;
  config.kind = kind_of(json, weights);
  ModelConfig& m = config.model;
  m.image_size = json.size("vision_config.image_size", 384, kMostPixels);
  m.patch_size = json.size("vision_config.patch_size", 16, kMostPixels);
  m.vit_width = json.size("vision_config.hidden_size", 768, kMostWidth);
  m.vit_depth = json.size("vision_config.num_hidden_layers", 12, kMostLayers);
  m.vit_heads = json.size("vision_config.num_attention_heads", 12, kMostWidth);
  m.vit_ffn = json.size("vision_config.intermediate_size", 3072, kMostWidth);
  m.vit_eps = json.fraction("vision_config.layer_norm_eps", 1e-5);
  m.text_width = json.size("text_config.hidden_size", 768, kMostWidth);
  m.text_depth = json.size("text_config.num_hidden_layers", 12, kMostLayers);
  m.text_heads = json.size("text_config.num_attention_heads", 8, kMostWidth);
  m.text_ffn = json.size("text_config.intermediate_size", 3072, kMostWidth);
  m.text_eps = json.fraction("text_config.layer_norm_eps", 1e-12);
  m.vocab_size = json.size("text_config.vocab_size", 30524, kMostRows);
  m.max_positions = json.size("text_config.max_position_embeddings", 512, kMostRows);
  m.max_tokens = std::min(m.max_tokens, m.max_positions);
  m.dropout = json.fraction("text_config.hidden_dropout_prob", 0);
  m.embed_dim = config.kind == HfModel::base ? json.size("projection_dim", 512, kMostWidth)
                                             : json.size("image_text_hidden_size", 256, kMostWidth);
  const auto id = [&](const char* key, int64_t otherwise) {
    return static_cast<int32_t>(json.size(key, otherwise, kMostRows, 0));
  };
  config.pad = id("text_config.pad_token_id", 0);
  config.sep = id("text_config.sep_token_id", 102);
  config.dec = id("text_config.bos_token_id", 30522);
  config.label_smoothing = json.fraction("label_smoothing", 0);
  for (const char* key : {"vision_config.hidden_act", "text_config.hidden_act"})
    if (const std::string act = json.text(key, "gelu"); act != "gelu")
      throw DataError(json.path() + ": '" + key + "' is '" + act + "'; medley has gelu alone");
  validate(m);
  if (weights) check_against(*weights, json, config);
  return config;
}

}  // namespace medley::models
