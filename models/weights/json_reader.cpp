// The JSON grammar, one state a position.
#include "models/weights/json_reader.h"

#include <charconv>

#include "core/error.h"
#include "core/str.h"

namespace medley::models {

JsonReader::JsonReader(std::string_view text, std::string source, int max_depth)
    : text_(text), source_(std::move(source)), max_depth_(static_cast<size_t>(max_depth)) {}

void JsonReader::fail(const std::string& what) const {
  throw DataError(str(source_, ": ", what, " at byte ", at_));
}

void JsonReader::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
    ++at_;
}

JsonReader::Event JsonReader::next() {
  skip_space();
  switch (expect_) {
    case Expect::value:
      return value();
    case Expect::first_element:
      return peek() == ']' ? close('[') : value();
    case Expect::first_key:
      return peek() == '}' ? close('{') : read_key();
    case Expect::key:
      return read_key();
    case Expect::comma_or_end:
      if (peek() == ',') {
        ++at_;
        skip_space();
        return open_.back() == '{' ? read_key() : value();
      }
      if (peek() == '}') return close('{');
      if (peek() == ']') return close('[');
      fail(at_ < text_.size() ? "expected ',' or the closing bracket" : "the text ends too early");
    case Expect::nothing:
      break;
  }
  if (at_ < text_.size()) fail("something follows the value");
  return Event::end;
}

void JsonReader::skip_value() {
  size_t level = open_.size();
  next();
  while (open_.size() > level) next();
}

JsonReader::Event JsonReader::value() {
  if (at_ >= text_.size()) fail("the text ends too early");
  expect_ = open_.empty() ? Expect::nothing : Expect::comma_or_end;
  switch (text_[at_]) {
    case '{':
    case '[':
      return open(text_[at_]);
    case '"':
      read_string();
      return Event::string;
    case 't':
      boolean_ = true;
      return literal("true", Event::boolean);
    case 'f':
      boolean_ = false;
      return literal("false", Event::boolean);
    case 'n':
      return literal("null", Event::null);
    default:
      return read_number();
  }
}

JsonReader::Event JsonReader::open(char bracket) {
  if (open_.size() >= max_depth_) fail(str("nested deeper than ", max_depth_, " levels"));
  ++at_;
  open_.push_back(bracket);
  expect_ = bracket == '{' ? Expect::first_key : Expect::first_element;
  return bracket == '{' ? Event::begin_object : Event::begin_array;
}

JsonReader::Event JsonReader::close(char bracket) {
  if (open_.empty() || open_.back() != bracket) fail("a closing bracket does not fit the open one");
  ++at_;
  open_.pop_back();
  expect_ = open_.empty() ? Expect::nothing : Expect::comma_or_end;
  return bracket == '{' ? Event::end_object : Event::end_array;
}

JsonReader::Event JsonReader::literal(std::string_view word, Event event) {
  if (text_.substr(at_, word.size()) != word) fail("expected a value");
  at_ += word.size();
  return event;
}

JsonReader::Event JsonReader::read_key() {
  if (peek() != '"') fail("expected a key");
  read_string();
  skip_space();
  if (peek() != ':') fail("expected ':' after the key");
  ++at_;
  expect_ = Expect::value;
  return Event::key;
}

JsonReader::Event JsonReader::read_number() {
  auto digit = [&] { return peek() >= '0' && peek() <= '9'; };
  size_t begin = at_;
  if (peek() == '-') ++at_;
  if (!digit()) fail("expected a value");
  bool zero = peek() == '0';
  if (zero)
    ++at_;
  else
    while (digit()) ++at_;
  if (zero && digit()) fail("a number begins with 0");
  bool whole = true;
  if (peek() == '.') {
    whole = false;
    ++at_;
    if (!digit()) fail("no digit after the decimal point");
    while (digit()) ++at_;
  }
  if (peek() == 'e' || peek() == 'E') {
    whole = false;
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    if (!digit()) fail("no digit in the exponent");
    while (digit()) ++at_;
  }
  const char* first = text_.data() + begin;
  const char* last = text_.data() + at_;
  bool minus_zero = zero && *first == '-';
  if (whole && !minus_zero && std::from_chars(first, last, integer_).ec == std::errc()) {
    number_ = static_cast<double>(integer_);
    return Event::integer;
  }
  if (std::from_chars(first, last, number_).ec != std::errc()) fail("a number is out of range");
  return Event::number;
}

void JsonReader::read_string() {
  string_.clear();
  ++at_;
  for (;;) {
    if (at_ >= text_.size()) fail("a string has no end");
    auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '"') break;
    if (c < 0x20) fail("a control character in a string");
    if (c == '\\')
      read_escape();
    else if (c < 0x80)
      string_.push_back(text_[at_++]);
    else
      read_utf8();
  }
  ++at_;
}

void JsonReader::read_escape() {
  ++at_;
  char c = peek();
  ++at_;
  switch (c) {
    case '"':
    case '\\':
    case '/':
      string_.push_back(c);
      return;
    case 'b':
      string_.push_back('\b');
      return;
    case 'f':
      string_.push_back('\f');
      return;
    case 'n':
      string_.push_back('\n');
      return;
    case 'r':
      string_.push_back('\r');
      return;
    case 't':
      string_.push_back('\t');
      return;
    case 'u':
      break;
    default:
      fail("an unknown escape in a string");
  }
  uint32_t code = read_hex4();
  if (code >= 0xDC00 && code < 0xE000) fail("a lone surrogate in a string");
  if (code >= 0xD800 && code < 0xDC00) {
    if (text_.substr(at_, 2) != "\\u") fail("a lone surrogate in a string");
    at_ += 2;
    uint32_t low = read_hex4();
    if (low < 0xDC00 || low >= 0xE000) fail("a lone surrogate in a string");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(code);
}

uint32_t JsonReader::read_hex4() {
  if (text_.size() - at_ < 4) fail("a string has no end");
  uint32_t code = 0;
  const char* first = text_.data() + at_;
  if (std::from_chars(first, first + 4, code, 16).ptr != first + 4) fail("a bad \\u escape");
  at_ += 4;
  return code;
}

// Well-formed sequences only (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing
// above U+10FFFF.
void JsonReader::read_utf8() {
  auto lead = static_cast<unsigned char>(text_[at_]);
  int extra = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  uint32_t code = lead & (0x3Fu >> extra);
  bool good = lead >= 0xC2 && lead <= 0xF4 && text_.size() - at_ > static_cast<size_t>(extra);
  for (int i = 1; good && i <= extra; ++i) {
    auto c = static_cast<unsigned char>(text_[at_ + static_cast<size_t>(i)]);
    good = (c & 0xC0) == 0x80;
    code = (code << 6) | (c & 0x3Fu);
  }
  constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  if (!good || code < kLeast[extra] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    fail("a string is not UTF-8");
  string_.append(text_, at_, static_cast<size_t>(extra) + 1);
  at_ += static_cast<size_t>(extra) + 1;
}

void JsonReader::append_utf8(uint32_t code) {
  auto put = [&](uint32_t byte) { string_.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

}  // namespace medley::models
