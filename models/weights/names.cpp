// The rules of both directions, as pairs.
#include "models/weights/names.h"

#include <string_view>
#include <vector>

#include "core/str.h"

namespace medley::models {
namespace {

struct Pair {
  std::string_view original, transformers;
};
using Pairs = std::vector<Pair>;

const Pairs& tower_pairs() {  // the longest first where one begins another
  static const Pairs pairs = {
      {"visual_encoder.cls_token", "vision_model.embeddings.class_embedding"},
      {"visual_encoder.pos_embed", "vision_model.embeddings.position_embedding"},
      {"visual_encoder.patch_embed.proj.", "vision_model.embeddings.patch_embedding."},
      {"visual_encoder.norm.", "vision_model.post_layernorm."},
      {"visual_encoder.blocks.", "vision_model.encoder.layers."}};
  return pairs;
}
const Pairs& block_pairs() {  // behind the number of the block
  static const Pairs pairs = {{".norm1.", ".layer_norm1."},
                              {".norm2.", ".layer_norm2."},
                              {".attn.proj.", ".self_attn.projection."},
                              {".attn.", ".self_attn."}};
  return pairs;
}
const Pairs& base_pairs() {
  static const Pairs pairs = {{"text_encoder.", "text_model."},
                              {"vision_proj.", "visual_projection."},
                              {"text_proj.", "text_projection."}};
  return pairs;
}

using Side = std::string_view Pair::*;

// Replaces the first pair whose `from` begins the rest of `name` at `at`; how long the new piece
// is, or npos when there was none.
size_t replace_at(std::string& name, size_t at, const Pairs& pairs, Side from, Side to) {
  for (const Pair& pair : pairs) {
    if (std::string_view(name).substr(at).starts_with(pair.*from)) {
      name.replace(at, (pair.*from).size(), pair.*to);
      return (pair.*to).size();
    }
  }
  return std::string::npos;
}

std::string renamed(std::string name, Side from, Side to, bool base) {
  const size_t tower = replace_at(name, 0, tower_pairs(), from, to);
  if (tower != std::string::npos) {
    const size_t digits = name.find_first_not_of("0123456789", tower);
    if (digits != std::string::npos && digits > tower)
      replace_at(name, digits, block_pairs(), from, to);
  } else if (base) {
    replace_at(name, 0, base_pairs(), from, to);
  }
  return name;
}

}  // namespace

std::vector<std::string> related_names(const std::string& original) {
  std::vector<std::string> names;
  const auto replaced = [](std::string name, const std::string& from, const std::string& to) {
    const size_t at = name.find(from);
    return at == name.npos ? "" : name.replace(at, from.size(), to);
  };
  const auto add = [&](const std::string& name) {
    if (!name.empty()) names.push_back(name);
  };
  std::string single = original;  // with one cross-attention
  for (const char* side : {"0", "1"})
    for (const char* part : {".crossattention.self", ".crossattention.output.dense"})
      if (const std::string name = replaced(single, str(part, side, "."), str(part, "."));
          !name.empty())
        single = name;
  if (single != original) names.push_back(single);
  if (single.starts_with("text_decoder.bert."))
    add(replaced(single, "text_decoder.bert.", "text_encoder."));
  if (single.starts_with("text_encoder."))
    add(replaced(single, "text_encoder.", "text_decoder.bert."));
  return names;
}

std::string transformers_name(const std::string& original, bool base_model) {
  return renamed(original, &Pair::original, &Pair::transformers, base_model);
}

std::string original_name(const std::string& transformers) {
  return renamed(transformers, &Pair::transformers, &Pair::original, true);
}

}  // namespace medley::models
