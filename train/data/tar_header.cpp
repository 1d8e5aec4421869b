// Fields of a tar header: text that ends at a NUL, numbers in octal or base 256.
#include "train/data/tar_header.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

constexpr const char* kHint = "the archive is damaged: make or fetch it again";

// A text field ends at its first NUL or at its width.
std::string text_field(std::span<const uint8_t> field) {
  return {field.begin(), std::find(field.begin(), field.end(), uint8_t{0})};
}

// Octal digits between blanks, or base 256 (GNU) when the first bit is set.
uint64_t number_field(std::span<const uint8_t> field, const char* what, const std::string& place) {
  auto fail = [&]() -> DataError {
    return DataError(str("[tar] ", place, ": the ", what, " of the header is not a number"), kHint);
  };
  uint64_t value = 0;
  if (field[0] & 0x80) {
    if (field[0] != 0x80) throw fail();  // negative, or beyond any file
    for (const uint8_t byte : field.subspan(1)) {
      if (value >> 55) throw fail();
      value = value << 8 | byte;
    }
    return value;
  }
  auto blank = [](uint8_t c) { return c == ' ' || c == 0; };
  auto digit = std::find_if_not(field.begin(), field.end(), [](uint8_t c) { return c == ' '; });
  if (digit == field.end() || blank(*digit)) throw fail();
  for (; digit != field.end() && !blank(*digit); ++digit) {
    if (*digit < '0' || *digit > '7') throw fail();
    value = value << 3 | static_cast<uint64_t>(*digit - '0');  // 12 digits at most: 36 bits
  }
  if (!std::all_of(digit, field.end(), blank)) throw fail();
  return value;
}

}  // namespace

TarHeader parse_tar_header(std::span<const uint8_t, kTarBlock> block, const std::string& place) {
  TarHeader header;
  if (std::all_of(block.begin(), block.end(), [](uint8_t b) { return b == 0; })) {
    header.end = true;
    return header;
  }
  // The checksum counts its own eight bytes as spaces. Old programs summed signed bytes.
  const auto sum_field = block.subspan(148, 8);
  int64_t sum = 8 * ' ', signed_sum = 8 * ' ';
  for (size_t i = 0; i < block.size(); ++i) {
    if (i >= 148 && i < 156) continue;
    sum += block[i];
    signed_sum += static_cast<int8_t>(block[i]);
  }
  const auto stored = static_cast<int64_t>(number_field(sum_field, "checksum", place));
  if (stored != sum && stored != signed_sum)
    throw DataError(
        str("[tar] ", place, ": the header's checksum is ", stored, " but its bytes give ", sum),
        kHint);
  header.name = text_field(block.first(100));
  header.type = static_cast<char>(block[156]);
  header.link = text_field(block.subspan(157, 100));
  header.size = number_field(block.subspan(124, 12), "size", place);
  // POSIX splits long names; GNU ("ustar  ") uses these bytes for other things.
  constexpr std::string_view kPosix("ustar\0", 6);
  if (std::equal(kPosix.begin(), kPosix.end(), block.begin() + 257))
    if (const std::string prefix = text_field(block.subspan(345, 155)); !prefix.empty())
      header.name = prefix + "/" + header.name;
  return header;
}

std::map<std::string, std::string> parse_pax_records(std::string_view text,
                                                     const std::string& place) {
  std::map<std::string, std::string> records;
  while (!text.empty()) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<size_t>(end - text.data());
    const bool fits = error == std::errc() && length <= text.size() && length > digits + 2 &&
                      text[digits] == ' ' && text[length - 1] == '\n';
    const size_t equals = fits ? text.find('=', digits) : std::string_view::npos;
    if (equals >= length)
      throw DataError(str("[tar] ", place, ": a pax record has the wrong form"), kHint);
    records[std::string(text.substr(digits + 1, equals - digits - 1))] =
        text.substr(equals + 1, length - equals - 2);
    text.remove_prefix(length);
  }
  return records;
}

uint64_t parse_pax_number(const std::string& text, const std::string& place) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value >> 62)
    throw DataError(str("[tar] ", place, ": the pax size '", text, "' is not a number"), kHint);
  return value;
}

}  // namespace medley::train
