// A JSON object as a flat list: "text_config.hidden_size" -> 768. For the small files beside
// weights.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace medley::models {

struct FlatValue {
  enum Kind { null, boolean, number, string } kind = null;
  double number_value = 0;  // of a boolean: 0 or 1
  std::string text;
};

using FlatJson = std::map<std::string, FlatValue>;

// Keys and the indices of lists are joined by dots. Throws DataError that names `source` for bad
// JSON, for anything but an object, and for a name that stands twice.
FlatJson read_flat_json(std::string_view text, const std::string& source);
// The file's; at most 64 MiB.
FlatJson read_flat_json_file(const std::string& path);

}  // namespace medley::models
