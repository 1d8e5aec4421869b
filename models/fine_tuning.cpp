// Predicates over parameter names.
#include "models/fine_tuning.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"

namespace medley::models {
namespace {

template <size_t N>
bool starts_with_any(const std::string& name, const std::array<const char*, N>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const char* beginning) { return name.starts_with(beginning); });
}

bool is_vision(const std::string& name) { return name.starts_with("visual_encoder."); }

bool is_text(const std::string& name) {
  return starts_with_any(name, std::array{"text_encoder.", "text_decoder."});
}

bool is_head(const std::string& name) {
  return name == "temp" ||
         starts_with_any(name, std::array{"vision_proj.", "text_proj.", "itm_head.", "cls_head.",
                                          "text_decoder.cls."});
}

struct Word {
  const char* name;
  bool (*frozen)(const std::string& parameter);
};
constexpr Word kWords[] = {
    {"vision", is_vision},
    {"text", is_text},
    {"all-but-heads", [](const std::string& name) { return !is_head(name); }},
};

// Place in the tower: 0 for embeddings, 1 + l for layer l; none for what follows the layers.
std::optional<int64_t> depth_of(const std::string& name) {
  for (const std::string before : {".blocks.", ".layer."}) {
    const size_t at = name.find(before);
    if (at == std::string::npos) continue;
    int64_t layer = 0;
    std::from_chars(name.data() + at + before.size(), name.data() + name.size(), layer);
    return 1 + layer;
  }
  for (const char* embeddings : {".embeddings.", ".patch_embed.", ".cls_token", ".pos_embed"})
    if (name.find(embeddings) != std::string::npos) return 0;
  return {};
}

std::string tower_of(const std::string& name) { return name.substr(0, name.find('.')); }

}  // namespace

std::vector<std::string> freeze_names() {
  std::vector<std::string> names;
  for (const Word& word : kWords) names.push_back(word.name);
  return names;
}

std::function<bool(const std::string& parameter)> frozen_by(const std::string& word) {
  std::string all;
  for (const Word& known : kWords) {
    if (word == known.name) return known.frozen;
    all += str(all.empty() ? "" : ", ", known.name);
  }
  throw ConfigError(str("nothing is called '", word, "' that could be frozen",
                        did_you_mean(word, freeze_names())),
                    "it is one of " + all);
}

std::vector<autograd::ParameterGroup> rates_by_depth(const ArenaLayout& layout, double decay) {
  std::map<std::string, int64_t> layers;  // of each tower
  for (const ArenaEntry& entry : layout.entries())
    if (const auto depth = depth_of(entry.name))
      layers[tower_of(entry.name)] = std::max(layers[tower_of(entry.name)], *depth);
  std::map<int64_t, std::set<std::string>> below_top;  // parameters by the factors of decay
  for (const ArenaEntry& entry : layout.entries())
    if (const auto depth = depth_of(entry.name); depth && entry.owner.empty())
      below_top[layers[tower_of(entry.name)] + 1 - *depth].insert(entry.name);
  std::vector<autograd::ParameterGroup> groups;
  for (const auto& [steps, names] : below_top)
    groups.push_back(
        {.contains = [names = names](const std::string& name) { return names.contains(name); },
         .lr_factor = std::pow(decay, static_cast<double>(steps))});
  return groups;
}

std::vector<std::string> adapted_matrices(const ArenaLayout& layout) {
  static const std::regex layer(
      ".*("
      "\\.attn\\.(qkv|proj)|\\.mlp\\.fc[12]|"                                    // image tower
      "\\.self[01]?\\.(query|key|value)|\\.(intermediate|output)\\.dense[01]?)"  // text
      "\\.weight");
  std::vector<std::string> names;
  std::set<int64_t> places;  // a tie is the same matrix
  for (const ArenaEntry& entry : layout.entries())
    if (std::regex_match(entry.name, layer) && places.insert(entry.offset).second)
      names.push_back(entry.name);
  return names;
}

}  // namespace medley::models
