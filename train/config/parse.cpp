// TOML to TrainConfig. The only file that knows toml++.
#include <stdexcept>

// toml++ checks its own steps by assert(), and a few texts that are no TOML get there.
struct TomlStep : std::runtime_error {
  using std::runtime_error::runtime_error;
};
#define TOML_ASSERT(holds)                                            \
  do {                                                                \
    if (!(holds)) throw TomlStep("this is not written as TOML asks"); \
  } while (false)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wterminate"  // some of these steps are in functions that are noexcept
#include <toml++/toml.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"
#include "core/suggest.h"
#include "train/config/config.h"
#include "train/config/embedded.h"

namespace medley::train {
namespace {

std::string place(const toml::node& node, const std::string& source) {
  auto line = node.source().begin.line;
  return line ? str(source, ":", line) : source;
}

[[noreturn]] void wrong_type(const ConfigKey& key, const char* wanted, const toml::node& node,
                             const std::string& source) {
  std::ostringstream found;
  found << toml::node_view<const toml::node>(&node);
  throw ConfigError(str(place(node, source), ": [", key.table, "] ", key.key, " must be ", wanted,
                        ", not ", found.str()));
}

struct Assign {
  const ConfigKey& key;
  const toml::node& node;
  const std::string& source;

  void operator()(int64_t* out) const {
    if (!node.is_integer()) wrong_type(key, "a whole number", node, source);
    *out = node.as_integer()->get();
  }
  void operator()(double* out) const {
    if (!node.is_number()) wrong_type(key, "a number", node, source);
    *out = *node.value<double>();
  }
  void operator()(bool* out) const {
    if (!node.is_boolean()) wrong_type(key, "true or false", node, source);
    *out = node.as_boolean()->get();
  }
  void operator()(std::string* out) const {
    if (!node.is_string()) wrong_type(key, "a string in quotes", node, source);
    *out = node.as_string()->get();
  }
  void operator()(std::vector<std::string>* out) const {
    const toml::array* array = node.as_array();
    if (!array) wrong_type(key, "a list of strings", node, source);
    std::vector<std::string> values;
    for (const toml::node& item : *array) {
      if (!item.is_string()) wrong_type(key, "a list of strings", node, source);
      values.push_back(item.as_string()->get());
    }
    *out = std::move(values);
  }
};

void apply_table(const toml::table& table, const std::string& name, std::vector<ConfigKey>& keys,
                 const std::string& source) {
  std::vector<std::string> known;
  for (const ConfigKey& key : keys)
    if (key.table == name) known.push_back(key.key);
  for (const auto& [name_node, node] : table) {
    std::string word(name_node.str());
    auto key = std::find_if(keys.begin(), keys.end(),
                            [&](const ConfigKey& k) { return k.table == name && k.key == word; });
    if (key == keys.end())
      throw ConfigError(str(place(node, source), ": [", name, "] has no key '", word, "'",
                            nearest_key(word, known)),
                        "`medley pretrain --print-config` shows every key");
    std::visit(Assign{*key, node, source}, key->value);
  }
}

void apply(TrainConfig& config, const toml::table& root, const std::string& source) {
  std::vector<ConfigKey> keys = config_keys(config);
  std::vector<std::string> tables = {"preset"};
  for (const ConfigKey& key : keys)
    if (key.table != tables.back()) tables.push_back(key.table);
  for (const auto& [name_node, node] : root) {
    std::string name(name_node.str());
    if (name == "preset") continue;
    if (std::find(tables.begin(), tables.end(), name) == tables.end())
      throw ConfigError(
          str(place(node, source), ": there is no table [", name, "]", nearest_key(name, tables)),
          "`medley pretrain --print-config` shows every key");
    if (!node.is_table())
      throw ConfigError(str(place(node, source), ": ", name, " must be a table: [", name, "]"));
    apply_table(*node.as_table(), name, keys, source);
  }
}

// Before the parser, which goes down a level for each dot of a key, sees them.
constexpr size_t kLongestText = 1 << 20, kLongestLine = 4096;

void check_lengths(const std::string& text, const std::string& source) {
  if (text.size() > kLongestText)
    throw ConfigError(
        str(source, " has ", text.size(), " bytes; a configuration has at most ", kLongestText));
  std::istringstream lines(text);
  int64_t number = 1;
  for (std::string line; std::getline(lines, line); ++number)
    if (line.size() > kLongestLine)
      throw ConfigError(str(source, ":", number, ": a line of ", line.size(),
                            " characters; it has at most ", kLongestLine));
}

toml::table parse_toml(const std::string& text, const std::string& source) {
  check_lengths(text, source);
  try {
    return toml::parse(text, source);
  } catch (const toml::parse_error& error) {
    throw ConfigError(str(source, ":", error.source().begin.line, ": ", error.description()));
  } catch (const TomlStep& error) {
    throw ConfigError(str(source, ": ", error.what()));
  }
}

// Runs from when data was a list and a tar of one folder: [data] kind = "json", folder, train_json.
void upgrade(toml::table& root) {
  toml::table* data = root["data"].as_table();
  if (!data || !data->contains("train_json")) return;
  const auto taken = [&](const char* key) {
    const std::string value = (*data)[key].value_or(std::string());
    data->erase(key);
    return value;
  };
  const std::string folder = taken("folder"), list = taken("train_json"), images = taken("images");
  if ((*data)["kind"].value_or(std::string()) == "json") data->insert_or_assign("kind", "files");
  if (folder.empty() && list == "train.json") return;
  const std::string place = folder.empty() ? default_data_folder() : folder;
  data->insert_or_assign("path", place + "/" + list);
  data->insert_or_assign("images", place + "/" + images);
}

bool has_sizes(const std::string& preset) {
  const std::vector<std::string> names = models::preset_names();
  return std::find(names.begin(), names.end(), preset) != names.end();
}

TrainConfig load_preset(const std::string& name, const models::ModelConfig* sizes) {
  for (const EmbeddedConfig& embedded : embedded_configs()) {
    if (name != embedded.name) continue;
    TrainConfig config;
    config.preset = name;
    if (has_sizes(name)) {
      models::Preset parts = models::preset(name);
      config.model = parts.model;
      config.losses = parts.losses;
    }
    if (sizes) config.model = *sizes;
    std::string source = "configs/" + name + ".toml";
    apply(config, parse_toml(embedded.toml, source), source);
    return config;
  }
  throw ConfigError(
      str("there is no preset '", name, "'", did_you_mean(name, config_preset_names())),
      "`medley info` lists them; or give the path of a TOML file");
}

}  // namespace

std::vector<std::string> config_preset_names() {
  std::vector<std::string> names;
  for (const EmbeddedConfig& embedded : embedded_configs()) names.emplace_back(embedded.name);
  return names;
}

TrainConfig parse_config(const std::string& text, const std::string& source,
                         const models::ModelConfig* sizes) {
  toml::table root = parse_toml(text, source);
  upgrade(root);
  std::string preset = "base";
  if (const toml::node* node = root.get("preset")) {
    if (!node->is_string())
      throw ConfigError(place(*node, source) + ": preset must be a string in quotes");
    preset = node->as_string()->get();
  }
  TrainConfig config = load_preset(preset, sizes);
  apply(config, root, source);
  return config;
}

TrainConfig load_config(const std::string& name, const models::ModelConfig* sizes) {
  std::error_code error;
  if (name.ends_with(".toml") || std::filesystem::is_regular_file(name, error))
    return parse_config(read_text(name), name, sizes);
  return load_preset(name, sizes);
}

void set_config(TrainConfig& config, const std::string& assignment) {
  std::string source = "--set " + assignment;
  size_t equals = assignment.find('=');
  if (equals == std::string::npos)
    throw ConfigError(source + ": KEY=VALUE is wanted, such as train.steps=300");
  std::string name = assignment.substr(0, equals), value = assignment.substr(equals + 1);
  std::vector<std::string> known, matches;
  for (const ConfigKey& key : config_keys(config)) {
    std::string full = key.table + "." + key.key;
    known.push_back(full);
    known.push_back(key.key);
    if (name == full || name == key.key) matches.push_back(full);
  }
  if (matches.empty())
    throw ConfigError(source + ": there is no key '" + name + "'" + nearest_key(name, known));
  if (matches.size() > 1)
    throw ConfigError(
        str(source, ": '", name, "' is in several tables: give ", matches[0], " or ", matches[1]));
  const std::string line = matches[0] + " = " + value;
  check_lengths(line, "--set " + matches[0]);
  try {
    apply(config, toml::parse(line), source);
  } catch (const std::runtime_error& error) {
    if (dynamic_cast<const Error*>(&error)) throw;
    // A bare word is a string.
    toml::table text;
    size_t dot = matches[0].find('.');
    text.insert(matches[0].substr(0, dot), toml::table{{matches[0].substr(dot + 1), value}});
    apply(config, text, source);
  }
}

}  // namespace medley::train
