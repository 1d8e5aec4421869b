// A pass over bytes: the controls of Unicode are single bytes below 32 and 127, and C2 80 .. C2 9F.
#include "core/printable.h"

#include <algorithm>
#include <cstdint>

namespace medley {
namespace {

void append_escaped(std::string& out, const char* form, unsigned value) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += form;
  out += kDigits[value >> 4];
  out += kDigits[value & 15];
}

std::string escaped(std::string_view line) {
  std::string out;
  for (size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<uint8_t>(line[i]);
    const uint8_t next = i + 1 < line.size() ? static_cast<uint8_t>(line[i + 1]) : 0;
    if (byte == '\n') {
      out += "\\n";
    } else if (byte < 32 || byte == 127) {
      append_escaped(out, "\\x", byte);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      append_escaped(out, "\\u00", next);
      ++i;
    } else {
      out += line[i];
    }
  }
  return out;
}

bool continues_character(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

std::string shortened(std::string line) {
  constexpr std::string_view kCut = "...";
  if (line.size() <= kMostOfLine) return line;
  size_t end = kMostOfLine - kCut.size();
  while (end > 0 && continues_character(line[end])) --end;
  line.resize(end);
  return line.append(kCut);
}

}  // namespace

std::string printable(std::string_view text, LineEnds ends) {
  if (ends == LineEnds::escape) return shortened(escaped(text));
  std::string out;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += shortened(escaped(text.substr(at, end - at)));
    if (end < text.size()) out += '\n';
    at = end + 1;
  }
  return out;
}

}  // namespace medley
