// A configuration as TOML text, and what differs between two.
#include <cmath>

#include "core/json.h"
#include "core/str.h"
#include "train/config/config.h"

namespace medley::train {
namespace {

// A TOML basic string takes the same escapes as a JSON one.
struct Print {
  std::string operator()(const int64_t* value) const { return std::to_string(*value); }
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const std::string* value) const { return Json(*value).dump(); }
  std::string operator()(const double* value) const {
    if (std::isnan(*value)) return "nan";
    if (std::isinf(*value)) return *value > 0 ? "inf" : "-inf";
    std::string text = Json(*value).dump();
    // A TOML float has a fraction or an exponent.
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  }
  std::string operator()(const std::vector<std::string>* values) const {
    std::string text = "[";
    for (const std::string& value : *values)
      text += (text.size() > 1 ? ", " : "") + Json(value).dump();
    return text + "]";
  }
};

}  // namespace

std::string print_config(const TrainConfig& config) {
  TrainConfig copy = config;
  std::string text = "preset = " + Json(config.preset).dump() + "\n", table;
  for (const ConfigKey& key : config_keys(copy)) {
    if (key.table != table) {
      table = key.table;
      text += "\n[" + table + "]\n";
    }
    std::string line = key.key + " = " + std::visit(Print{}, key.value);
    line.resize(std::max<size_t>(line.size(), 30), ' ');
    text += line + "  # " + key.help + "\n";
  }
  return text;
}

std::vector<ConfigDifference> compare_configs(const TrainConfig& first, const TrainConfig& second) {
  TrainConfig a = first, b = second;
  std::vector<ConfigKey> keys_a = config_keys(a), keys_b = config_keys(b);
  std::vector<ConfigDifference> differences;
  for (size_t i = 0; i < keys_a.size(); ++i) {
    std::string in_a = std::visit(Print{}, keys_a[i].value);
    std::string in_b = std::visit(Print{}, keys_b[i].value);
    if (in_a != in_b)
      differences.push_back(
          {keys_a[i].table + "." + keys_a[i].key, in_a, in_b, keys_a[i].may_change});
  }
  return differences;
}

}  // namespace medley::train
