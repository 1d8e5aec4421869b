// JSON by nlohmann-json, whose headers are compiled here only: its parser says what it finds, and
// JsonBuilder makes values of that and refuses what medley does not take.
#include "core/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"

namespace medley {
namespace {

constexpr uint64_t kMaxFile = 256u << 20;
constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxValues = 65'536;  // of one element or member that is visited

std::string shortened(std::string text, size_t most) {
  return text.size() > most ? text.substr(0, most) + "..." : text;
}

[[noreturn]] void wrong(const std::string& wanted, const Json& found) {
  throw DataError(
      str("[json] ", wanted, " is wanted but ", shortened(found.dump(), 40), " was found"));
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), result.ptr);
}

}  // namespace

class JsonBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  using Visit = std::function<void(const std::string& key, Json value)>;
  enum class Outermost { any, list, object, object_of_lists };

  explicit JsonBuilder(const std::string& source) : source_(source) {}
  // The values inside the outermost one go to `visit` and are not kept.
  JsonBuilder(const std::string& source, Outermost outermost, Visit visit)
      : source_(source), outermost_(outermost), visit_(std::move(visit)) {}

  Json parse(std::string_view text) {
    // The parser takes a zero for the end.
    if (const size_t zero = text.find('\0'); zero != text.npos)
      refuse(str("byte ", zero, " is 0, which JSON does not have"));
    nlohmann::json::sax_parse(text.data(), text.data() + text.size(), this);
    return std::move(root_);
  }

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(value); }
  // Only numbers with a sign come here, and a 0 was "-0".
  bool number_integer(int64_t value) override { return add(value == 0 ? Json(-0.0) : Json(value)); }
  bool number_unsigned(uint64_t value) override {
    const auto whole = static_cast<int64_t>(value);
    return add(whole >= 0 ? Json(whole) : Json(static_cast<double>(value)));
  }
  bool number_float(double value, const std::string&) override { return add(value); }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // other formats have them
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& key) override {
    open_.back().key = key;
    if (!open_.back().keys.insert(std::move(key)).second)
      refuse("the key '" + place() + "' stands twice");
    return true;
  }

  // The message begins with a name in brackets, then says line and column.
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception& error) override {
    const std::string message = error.what();
    refuse(message.substr(message.find("] ") + 2));
  }

 private:
  // A list or an object that has not ended.
  struct Open {
    Json value;
    std::string key;                       // the last one
    std::unordered_set<std::string> keys;  // a vocabulary has tens of thousands
    size_t count = 0;                      // values so far
  };

  // The keys and indices that lead here: "text_config.layers.3".
  std::string place() const {
    std::string path;
    for (const Open& open : open_)
      path += (path.empty() ? "" : ".") +
              (open.value.is_object() ? open.key : std::to_string(open.count));
    return path;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw DataError(source_ + ": " + shortened(what, 300));
  }

  void check_outermost(const Json& value) const {
    if (outermost_ == Outermost::list && !value.is_array()) refuse("it holds no list");
    if (outermost_ >= Outermost::object && !value.is_object()) refuse("it holds no object");
  }

  bool open(Json value) {
    if (open_.empty()) check_outermost(value);
    if (open_.size() == kMaxDepth) refuse(str("nested deeper than ", kMaxDepth, " levels"));
    open_.push_back({std::move(value), {}, {}, 0});
    return true;
  }

  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  bool add(Json value) {
    if (open_.empty()) {
      check_outermost(value);
      root_ = std::move(value);
      return true;
    }
    Open& parent = open_.back();
    const bool lists = outermost_ == Outermost::object_of_lists;
    if (visit_ && open_.size() == 1) {
      values_ = 0;
      if (!lists) visit_(parent.key, std::move(value));
    } else if (lists && open_.size() == 2 && parent.value.is_array()) {
      values_ = 0;
      visit_(open_[0].key, std::move(value));
    } else {
      if (visit_ && ++values_ > kMaxValues)
        refuse(str("more than ", kMaxValues, " values in one, at '", place(), "'"));
      if (auto* list = std::get_if<Json::Array>(&parent.value.value_))
        list->push_back(std::move(value));
      else
        std::get<Json::Object>(parent.value.value_).emplace_back(parent.key, std::move(value));
    }
    ++parent.count;
    return true;
  }

  const std::string& source_;
  Outermost outermost_ = Outermost::any;
  Visit visit_;
  std::vector<Open> open_;
  Json root_;
  size_t values_ = 0;  // inside the one that is visited next
};

Json Json::parse(std::string_view text, const std::string& source) {
  return JsonBuilder(source).parse(text);
}

Json Json::read(const std::string& path) { return parse(as_utf8(read_text(path, kMaxFile)), path); }

void Json::each_element(std::string_view text, const std::string& source,
                        const std::function<void(Json element)>& visit) {
  JsonBuilder(source, JsonBuilder::Outermost::list, [&](const std::string&, Json element) {
    visit(std::move(element));
  }).parse(text);
}

void Json::each_member(std::string_view text, const std::string& source,
                       const std::function<void(const std::string& key, Json value)>& visit) {
  JsonBuilder(source, JsonBuilder::Outermost::object, visit).parse(text);
}

void Json::each_row(std::string_view text, const std::string& source,
                    const std::function<void(const std::string& list, Json row)>& visit) {
  JsonBuilder(source, JsonBuilder::Outermost::object_of_lists, visit).parse(text);
}

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

const Json* Json::find(const std::string& key) const {
  if (!is_object()) return nullptr;
  for (const auto& [name, value] : std::get<Object>(value_))
    if (name == key) return &value;
  return nullptr;
}

const Json& Json::at(const std::string& key) const {
  const Json* found = find(key);
  if (!found) wrong("an object with the key '" + key + "'", *this);
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
  if (!is_integer()) wrong("a whole number", *this);
  return std::get<int64_t>(value_);
}

double Json::number() const {
  if (is_integer()) return static_cast<double>(integer());
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
    out += number_text(*real);
  } else if (const auto* string = std::get_if<std::string>(&value_)) {
    out += quoted(*string);
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
      out += quoted(object[i].first) + (indent >= 0 ? ": " : ":");
      object[i].second.write(out, indent, level + 1);
    }
    if (!object.empty()) line(level);
    out += "}";
  }
}

}  // namespace medley
