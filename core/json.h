// JSON: the one value, reader and writer of it. Objects keep the order of insertion.
//
//   Json line = Json::object();
//   line.set("step", 100).set("itc", 2.5);
//   line.dump();                                   // {"step":100,"itc":2.5}
//   Json::parse(text, path).at("step").integer();
//
// The reader is made for files that nobody vouches for. It refuses keys that stand twice, nesting
// deeper than 64 levels, bytes that are not UTF-8, numbers that no double holds, and anything after
// the value, with a DataError that names the source and the place in it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace medley {

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

  // `source` names the text in messages.
  static Json parse(std::string_view text, const std::string& source);
  // A file of at most 256 MiB, in UTF-8 or UTF-16. Throws IoError, DataError.
  static Json read(const std::string& path);
  // The elements of a list, or the members of an object, one after the other; DataError for any
  // other text. Only one is held at a time, however long the text is; it may have 65,536 values.
  static void each_element(std::string_view text, const std::string& source,
                           const std::function<void(Json element)>& visit);
  static void each_member(std::string_view text, const std::string& source,
                          const std::function<void(const std::string& key, Json value)>& visit);
  // The elements of each list in an object, with the list's key; its other members are passed over.
  static void each_row(std::string_view text, const std::string& source,
                       const std::function<void(const std::string& list, Json row)>& visit);

  // Replaces a key that is there already. Returns *this.
  Json& set(const std::string& key, Json value);
  Json& push(Json value);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  // No fraction, no exponent, fits an int64; "-0" is another number.
  bool is_integer() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  const Json* find(const std::string& key) const;  // null when absent or when this is no object
  // These throw DataError that says what was wanted.
  const Json& at(const std::string& key) const;
  const Array& items() const;
  const Object& members() const;
  int64_t integer() const;
  double number() const;  // of an integer too
  bool boolean() const;
  const std::string& text() const;

  // One line, or with `indent` spaces a level. A double is written in the shortest form that reads
  // back as the same value, or as null when it is NaN or infinite; bytes of a string that are not
  // UTF-8 become U+FFFD.
  std::string dump(int indent = -1) const;

 private:
  friend class JsonBuilder;  // makes values of what the parser finds
  using Value = std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object>;
  explicit Json(Value value) : value_(std::move(value)) {}
  void write(std::string& out, int indent, int level) const;

  Value value_;
};

}  // namespace medley
