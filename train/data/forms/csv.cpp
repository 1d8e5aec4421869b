// A reader by hand: Debian's libraries for this either stop at the first quote that is not alone or
// say no line.
#include "train/data/forms/csv.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

char find_delimiter(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  char best = ',';
  int64_t most = 0;
  for (const char candidate : {'\t', ',', ';'})
    if (const auto count = std::count(first.begin(), first.end(), candidate); count > most) {
      best = candidate;
      most = count;
    }
  return best;
}

// Bytes of the UTF-8 character at the start of `text`; 0 when they are none (RFC 3629).
size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i)
    if ((static_cast<uint8_t>(text[i]) & 0xC0) != 0x80) return 0;
  const auto second = static_cast<uint8_t>(text[1]);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F, beyond = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : size;
}

constexpr const char* kSaveAsUtf8 = "save it as UTF-8";

std::string_view without_mark(std::string_view text, const std::string& path) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw DataError(str("[data] ", path, " is text in UTF-16"), kSaveAsUtf8);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

// Where the first byte is that is not UTF-8, from `at` on; npos: nowhere.
size_t find_bad_byte(std::string_view text, size_t at) {
  while (at < text.size()) {
    const size_t bytes = character_bytes(text.substr(at));
    if (bytes == 0) return at;
    at += bytes;
  }
  return text.npos;
}

}  // namespace

std::string_view checked_utf8(std::string_view text, const std::string& path) {
  text = without_mark(text, path);
  const size_t at = find_bad_byte(text, 0);
  if (at == text.npos) return text;
  const auto lines = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
  throw DataError(
      str("[data] ", path, ", line ", lines + 1, ": byte ", at, " of the text is not UTF-8"),
      kSaveAsUtf8);
}

std::string_view mended_utf8(std::string_view text, const std::string& path, std::string_view mark,
                             std::string& room) {
  text = without_mark(text, path);
  size_t bad = find_bad_byte(text, 0);
  if (bad == text.npos) return text;
  for (size_t at = 0; at < text.size(); bad = find_bad_byte(text, at)) {
    room += text.substr(at, std::min(bad, text.size()) - at);
    if (bad == text.npos) break;
    room += mark;
    at = bad + 1;
  }
  return room;
}

CsvReader::CsvReader(std::string_view text, std::string path)
    : text_(checked_utf8(text, path)), path_(std::move(path)), delimiter_(find_delimiter(text_)) {}

// at_ stands after the opening quote, and then after the closing one.
std::string CsvReader::quoted_field() {
  std::string field;
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '"') {
      ++at_;
      if (at_ == text_.size() || text_[at_] != '"') return field;
    }
    line_ += text_[at_] == '\n';
    field += text_[at_];
  }
  throw DataError(
      str("[data] ", path_, ", line ", first_line_, ": a quote is opened and not closed"),
      "a quote inside a field is written twice: \"a \"\"red\"\" door\"");
}

bool CsvReader::next(std::vector<std::string>& fields) {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r'))
    line_ += text_[at_++] == '\n';
  if (at_ == text_.size()) return false;
  fields.clear();
  first_line_ = line_;
  while (true) {
    if (at_ < text_.size() && text_[at_] == '"') {
      ++at_;
      fields.push_back(quoted_field());
    } else {
      const char ends[] = {delimiter_, '\n', '\0'};
      size_t end = std::min(text_.find_first_of(ends, at_), text_.size());
      const size_t stop = end;
      // A carriage return before the line's end is part of the end.
      if (end > at_ && text_[end - 1] == '\r' && (end == text_.size() || text_[end] == '\n')) --end;
      fields.emplace_back(text_.substr(at_, end - at_));
      at_ = stop;
    }
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;  // after a closing quote
    if (at_ == text_.size()) return true;
    if (text_[at_] == '\n') {
      ++at_;
      ++line_;
      return true;
    }
    if (text_[at_] != delimiter_)
      throw DataError(
          str("[data] ", path_, ", line ", line_, ": '", text_[at_], "' follows a closing quote"),
          "a quote inside a field is written twice: \"a \"\"red\"\" door\"");
    ++at_;
  }
}

}  // namespace medley::train
