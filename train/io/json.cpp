// JSON values: parsing, access, text.
#include "train/io/json.h"

#include <algorithm>
#include <unordered_set>

#include "core/error.h"
#include "models/weights/json_text.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

[[noreturn]] void wrong(const char* wanted, const Json& found) {
  std::string text = found.dump();
  if (text.size() > 40) text = text.substr(0, 40) + "...";
  throw DataError(std::string("[json] ") + wanted + " is wanted but " + text + " was found");
}

}  // namespace

// Recursion is bounded by the reader's limit on nesting.
Json Json::build(models::JsonReader& reader, models::JsonReader::Event event) {
  using Event = models::JsonReader::Event;
  switch (event) {
    case Event::begin_object: {
      Object object;
      std::unordered_set<std::string> keys;  // a vocabulary has tens of thousands
      while (reader.next() == Event::key) {
        std::string key = reader.text();
        if (!keys.insert(key).second) reader.fail("the key '" + key + "' stands twice");
        Json value = build(reader, reader.next());
        object.emplace_back(std::move(key), std::move(value));
      }
      return Json(Value(std::move(object)));
    }
    case Event::begin_array: {
      Array array;
      for (auto e = reader.next(); e != Event::end_array; e = reader.next())
        array.push_back(build(reader, e));
      return Json(Value(std::move(array)));
    }
    case Event::string:
      return reader.text();
    case Event::integer:
      return reader.integer();
    case Event::number:
      return reader.number();
    case Event::boolean:
      return reader.boolean();
    default:
      return Json();
  }
}

Json Json::parse(std::string_view text, const std::string& source) {
  models::JsonReader reader(text, source);
  Json value = build(reader, reader.next());
  reader.next();
  return value;
}

Json Json::read(const std::string& path) { return parse(read_text(path), path); }

Json& Json::set(const std::string& key, Json value) {
  auto& object = std::get<Object>(value_);
  auto found = std::find_if(object.begin(), object.end(), [&](auto& m) { return m.first == key; });
  if (found != object.end())
    found->second = std::move(value);
  else
    object.emplace_back(key, std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

bool Json::is_number() const {
  return std::holds_alternative<int64_t>(value_) || std::holds_alternative<double>(value_);
}

const Json* Json::find(const std::string& key) const {
  if (!is_object()) return nullptr;
  for (const auto& [name, value] : std::get<Object>(value_))
    if (name == key) return &value;
  return nullptr;
}

const Json& Json::at(const std::string& key) const {
  const Json* found = find(key);
  if (!found) wrong(("an object with the key '" + key + "'").c_str(), *this);
  return *found;
}

const Json::Array& Json::items() const {
  if (!is_array()) wrong("a list", *this);
  return std::get<Array>(value_);
}

const Json::Object& Json::members() const {
  if (!is_object()) wrong("an object", *this);
  return std::get<Object>(value_);
}

int64_t Json::integer() const {
  if (!std::holds_alternative<int64_t>(value_)) wrong("a whole number", *this);
  return std::get<int64_t>(value_);
}

double Json::number() const {
  if (std::holds_alternative<int64_t>(value_)) return static_cast<double>(integer());
  if (!std::holds_alternative<double>(value_)) wrong("a number", *this);
  return std::get<double>(value_);
}

bool Json::boolean() const {
  if (!std::holds_alternative<bool>(value_)) wrong("true or false", *this);
  return std::get<bool>(value_);
}

const std::string& Json::text() const {
  if (!std::holds_alternative<std::string>(value_)) wrong("a string", *this);
  return std::get<std::string>(value_);
}

std::string Json::dump(int indent) const {
  std::string out;
  write(out, indent, 0);
  return out;
}

void Json::write(std::string& out, int indent, int level) const {
  auto line = [&](int depth) {
    if (indent >= 0) out += "\n" + std::string(static_cast<size_t>(indent * depth), ' ');
  };
  if (is_null()) {
    out += "null";
  } else if (const auto* flag = std::get_if<bool>(&value_)) {
    out += *flag ? "true" : "false";
  } else if (const auto* whole = std::get_if<int64_t>(&value_)) {
    out += std::to_string(*whole);
  } else if (const auto* real = std::get_if<double>(&value_)) {
    out += models::json_number(*real);
  } else if (const auto* string = std::get_if<std::string>(&value_)) {
    out += models::json_quote(*string);
  } else if (const auto* array = std::get_if<Array>(&value_)) {
    out += "[";
    for (size_t i = 0; i < array->size(); ++i) {
      if (i) out += ",";
      line(level + 1);
      (*array)[i].write(out, indent, level + 1);
    }
    if (!array->empty()) line(level);
    out += "]";
  } else {
    const auto& object = std::get<Object>(value_);
    out += "{";
    for (size_t i = 0; i < object.size(); ++i) {
      if (i) out += ",";
      line(level + 1);
      out += models::json_quote(object[i].first) + (indent >= 0 ? ": " : ":");
      object[i].second.write(out, indent, level + 1);
    }
    if (!object.empty()) line(level);
    out += "}";
  }
}

}  // namespace medley::train
