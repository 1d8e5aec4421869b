// A JSON value: what metrics, checkpoint state and --json output are made of. Objects keep the
// order of insertion.
//
//   Json line = Json::object();
//   line.set("step", 100).set("itc", 2.5);
//   line.dump();                          // {"step":100,"itc":2.5}
//   Json::parse(text, path).at("step").integer();
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "models/weights/json_reader.h"

namespace medley::train {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;  // null
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<int64_t>(value)) {}
  Json(int64_t value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  static Json array() { return Json(Value(Array())); }
  static Json object() { return Json(Value(Object())); }

  // Strict: duplicate keys, wrong UTF-8 and trailing text are refused. Throws DataError that names
  // `source`.
  static Json parse(std::string_view text, const std::string& source);
  static Json read(const std::string& path);  // throws IoError, DataError

  // Replaces a key that is there already. Returns *this.
  Json& set(const std::string& key, Json value);
  Json& push(Json value);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_number() const;
  const Json* find(const std::string& key) const;  // null when absent or when this is no object
  // These throw DataError that says what was wanted.
  const Json& at(const std::string& key) const;
  const Array& items() const;
  const Object& members() const;
  int64_t integer() const;
  double number() const;
  bool boolean() const;
  const std::string& text() const;

  // One line, or with `indent` spaces a level.
  std::string dump(int indent = -1) const;

 private:
  using Value = std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object>;
  explicit Json(Value value) : value_(std::move(value)) {}
  static Json build(models::JsonReader& reader, models::JsonReader::Event event);
  void write(std::string& out, int indent, int level) const;

  Value value_;
};

}  // namespace medley::train
