// Reads config.json; defaults are those of BlipConfig, BlipTextConfig and BlipVisionConfig.
#include "models/weights/hf_config.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"

namespace medley::models {
namespace {

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
  int64_t size(const std::string& key, int64_t otherwise) const {
    const double value = number(key, static_cast<double>(otherwise));
    if (value < 0 || value > 1e9 || value != std::floor(value))
      throw DataError(str(path_, ": '", key, "' is ", value, ", not a size"));
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

HfModel kind_of(const Reader& json) {
  const std::string name = json.architecture();
  for (const HfModel kind : {HfModel::caption, HfModel::itm, HfModel::vqa, HfModel::base})
    if (name == architecture_of(kind)) return kind;
  throw DataError(json.path() + ": the architecture '" + name + "' is no BLIP that medley knows",
                  "it knows BlipForConditionalGeneration, BlipForImageTextRetrieval, "
                  "BlipForQuestionAnswering and BlipModel");
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

HfConfig read_hf_config(const std::string& path) {
  const Reader json(path);
  HfConfig config;
  config.kind = kind_of(json);
  ModelConfig& m = config.model;
  m.image_size = json.size("vision_config.image_size", 384);
  m.patch_size = json.size("vision_config.patch_size", 16);
  m.vit_width = json.size("vision_config.hidden_size", 768);
  m.vit_depth = json.size("vision_config.num_hidden_layers", 12);
  m.vit_heads = json.size("vision_config.num_attention_heads", 12);
  m.vit_ffn = json.size("vision_config.intermediate_size", 3072);
  m.vit_eps = json.number("vision_config.layer_norm_eps", 1e-5);
  m.text_width = json.size("text_config.hidden_size", 768);
  m.text_depth = json.size("text_config.num_hidden_layers", 12);
  m.text_heads = json.size("text_config.num_attention_heads", 8);
  m.text_ffn = json.size("text_config.intermediate_size", 3072);
  m.text_eps = json.number("text_config.layer_norm_eps", 1e-12);
  m.vocab_size = json.size("text_config.vocab_size", 30524);
  m.max_positions = json.size("text_config.max_position_embeddings", 512);
  m.max_tokens = std::min(m.max_tokens, m.max_positions);
  m.dropout = json.number("text_config.hidden_dropout_prob", 0);
  m.embed_dim = config.kind == HfModel::base ? json.size("projection_dim", 512)
                                             : json.size("image_text_hidden_size", 256);
  config.pad = static_cast<int32_t>(json.size("text_config.pad_token_id", 0));
  config.sep = static_cast<int32_t>(json.size("text_config.sep_token_id", 102));
  config.dec = static_cast<int32_t>(json.size("text_config.bos_token_id", 30522));
  config.label_smoothing = json.number("label_smoothing", 0);
  for (const char* key : {"vision_config.hidden_act", "text_config.hidden_act"})
    if (const std::string act = json.text(key, "gelu"); act != "gelu")
      throw DataError(json.path() + ": '" + key + "' is '" + act + "'; medley has gelu alone");
  validate(m);
  return config;
}

}  // namespace medley::models
