// Contents of a Hugging Face folder.
#include "models/weights/hf_folder.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"
#include "models/weights/elements.h"
#include "models/weights/names.h"

namespace medley::models {
namespace {

// transformers' configurations take 0.0 for a float and refuse 0.
std::string real(double value) {
  const std::string text = Json(value).dump();
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string config_text(const HfConfig& config) {
  const ModelConfig& m = config.model;
  return str(
      "{\n  \"architectures\": [\"", architecture_of(config.kind),
      "\"],\n  \"image_text_hidden_size\": ", m.embed_dim,
      ",\n  \"label_smoothing\": ", real(config.label_smoothing),
      ",\n  \"model_type\": \"blip\",\n  \"projection_dim\": ", m.embed_dim,
      ",\n  \"text_config\": {\n    \"attention_probs_dropout_prob\": ", real(m.dropout),
      ",\n    \"bos_token_id\": ", config.dec, ",\n    \"encoder_hidden_size\": ", m.vit_width,
      ",\n    \"eos_token_id\": 2,\n    \"hidden_act\": \"gelu\",\n    \"hidden_dropout_prob\": ",
      real(m.dropout), ",\n    \"hidden_size\": ", m.text_width,
      ",\n    \"intermediate_size\": ", m.ffn_width(),
      ",\n    \"is_decoder\": true,\n    \"layer_norm_eps\": ", real(m.text_eps),
      ",\n    \"max_position_embeddings\": ", m.max_positions,
      ",\n    \"model_type\": \"blip_text_model\",\n    \"num_attention_heads\": ", m.text_heads,
      ",\n    \"num_hidden_layers\": ", m.text_depth, ",\n    \"pad_token_id\": ", config.pad,
      ",\n    \"projection_dim\": ", m.text_width, ",\n    \"sep_token_id\": ", config.sep,
      ",\n    \"vocab_size\": ", m.vocab_size,
      "\n  },\n  \"torch_dtype\": \"float32\",\n  \"vision_config\": {\n    "
      "\"hidden_act\": \"gelu\",\n    \"hidden_size\": ",
      m.vit_width, ",\n    \"image_size\": ", m.image_size,
      ",\n    \"intermediate_size\": ", m.vit_ffn_width(),
      ",\n    \"layer_norm_eps\": ", real(m.vit_eps),
      ",\n    \"model_type\": \"blip_vision_model\",\n    \"num_attention_heads\": ", m.vit_heads,
      ",\n    \"num_hidden_layers\": ", m.vit_depth, ",\n    \"patch_size\": ", m.patch_size,
      "\n  }\n}\n");
}

// The original's normalisation (that of CLIP) and its bicubic resize.
std::string preprocessor_text(int64_t side) {
  return str(
      "{\n  \"do_convert_rgb\": true,\n  \"do_normalize\": true,\n  \"do_rescale\": true,\n"
      "  \"do_resize\": true,\n  \"image_mean\": [0.48145466, 0.4578275, 0.40821073],\n"
      "  \"image_processor_type\": \"BlipImageProcessor\",\n"
      "  \"image_std\": [0.26862954, 0.26130258, 0.27577711],\n"
      "  \"processor_class\": \"BlipProcessor\",\n  \"resample\": 3,\n"
      "  \"rescale_factor\": 0.00392156862745098,\n  \"size\": {\"height\": ",
      side, ", \"width\": ", side, "}\n}\n");
}

}  // namespace

SafetensorsMetadata hf_metadata() { return {{"format", "pt"}}; }

std::vector<NamedTensor> part_tensors(const FlatArena& arena,
                                      const std::vector<std::string>& parts) {
  const ArenaLayout& layout = arena.layout();
  std::set<std::string> fused;
  for (const ArenaEntry& entry : layout.entries())
    if (!entry.owner.empty() && entry.shape.elements() < layout.entry(entry.owner).shape.elements())
      fused.insert(entry.owner);
  std::vector<NamedTensor> tensors;
  std::set<std::pair<int64_t, int64_t>> ranges;
  for (const std::string& part : parts) {
    bool found = false;
    for (const ArenaEntry& entry : layout.entries()) {
      if (!entry.name.starts_with(part) || fused.contains(entry.name)) continue;
      found = true;
      // Two ties that save_pretrained leaves out.
      if (entry.name.find(".cls.predictions.decoder.") != std::string::npos) continue;
      if (!ranges.emplace(entry.offset, entry.shape.elements()).second) continue;
      const Tensor source = arena.at(entry.name).detach();
      Tensor tensor = source;
      if (source.dtype() != DType::f32) {
        tensor = Tensor::empty(source.shape(), DType::f32);
        copy_floats(source, tensor, entry.name);
      }
      tensors.push_back({entry.name, tensor});
    }
    if (!found)
      throw ValueError(str("[weights] ", part, "* is wanted, which the model does not have"));
  }
  return tensors;
}

std::vector<NamedTensor> hf_tensors(const FlatArena& arena, HfModel kind) {
  if (kind == HfModel::base)
    throw ValueError("[weights] a BlipModel folder cannot be written: it needs a text pooler",
                     "write BlipForConditionalGeneration or BlipForImageTextRetrieval");
  std::vector<NamedTensor> tensors = part_tensors(arena, parts_of(kind));
  for (NamedTensor& named : tensors) named.name = transformers_name(named.name);
  return tensors;
}

std::vector<std::pair<std::string, std::string>> hf_texts(const HfConfig& config,
                                                          const Tokenizer& tokenizer) {
  std::string vocabulary;
  for (const std::string& piece : tokenizer.vocabulary()) vocabulary += piece + "\n";
  return {{"config.json", config_text(config)},
          {"preprocessor_config.json", preprocessor_text(config.model.image_size)},
          {"tokenizer_config.json",
           "{\n  \"additional_special_tokens\": [\"[DEC]\", \"[ENC]\"],\n"
           "  \"do_lower_case\": true,\n  \"model_input_names\": [\"input_ids\", "
           "\"attention_mask\"],\n  \"processor_class\": \"BlipProcessor\",\n"
           "  \"tokenizer_class\": \"BertTokenizer\"\n}\n"},
          {"special_tokens_map.json",
           "{\n  \"additional_special_tokens\": [\"[DEC]\", \"[ENC]\"],\n"
           "  \"cls_token\": \"[CLS]\",\n  \"mask_token\": \"[MASK]\",\n  \"pad_token\": "
           "\"[PAD]\",\n  \"sep_token\": \"[SEP]\",\n  \"unk_token\": \"[UNK]\"\n}\n"},
          {"vocab.txt", vocabulary}};
}

}  // namespace medley::models
