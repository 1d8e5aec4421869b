// Flattens the events of the JSON reader.
#include "models/weights/flat_json.h"

#include <vector>

#include "core/error.h"
#include "core/str.h"
#include "models/weights/byte_source.h"
#include "models/weights/json_reader.h"

namespace medley::models {
namespace {

using Event = JsonReader::Event;
constexpr uint64_t kMaxFile = 64u << 20;
constexpr int kMaxDepth = 16;

// Recursion as deep as the reader lets brackets nest.
void read_value(JsonReader& json, Event event, const std::string& path, FlatJson& out) {
  FlatValue value;
  switch (event) {
    case Event::begin_object:
      for (Event next = json.next(); next != Event::end_object; next = json.next()) {
        const std::string key = json.text();
        read_value(json, json.next(), path.empty() ? key : path + "." + key, out);
      }
      return;
    case Event::begin_array: {
      int64_t i = 0;
      for (Event next = json.next(); next != Event::end_array; next = json.next())
        read_value(json, next, path + "." + std::to_string(i++), out);
      return;
    }
    case Event::string:
      value = {FlatValue::string, 0, json.text()};
      break;
    case Event::integer:
    case Event::number:
      value = {FlatValue::number, json.number(), ""};
      break;
    case Event::boolean:
      value = {FlatValue::boolean, json.boolean() ? 1.0 : 0.0, ""};
      break;
    default:
      break;
  }
  if (!out.emplace(path, std::move(value)).second)
    json.fail("the name '" + path + "' stands twice");
}

}  // namespace

FlatJson read_flat_json(std::string_view text, const std::string& source) {
  JsonReader json(text, source, kMaxDepth);
  const Event first = json.next();
  if (first != Event::begin_object) json.fail("the file holds no object");
  FlatJson out;
  read_value(json, first, "", out);
  json.next();  // refuses anything but white space after the object
  return out;
}

FlatJson read_flat_json_file(const std::string& path) {
  const ByteSource source = ByteSource::file(path);
  if (source.size() > kMaxFile)
    throw DataError(str(path, ": ", source.size(), " bytes, over the limit of ", kMaxFile));
  const std::vector<char> bytes = source.bytes(0, source.size());
  return read_flat_json({bytes.data(), bytes.size()}, path);
}

}  // namespace medley::models
