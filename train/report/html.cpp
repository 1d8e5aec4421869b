// Escaping, base64, data URIs, numbers for people.
#include "train/report/html.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "train/data/encode_png.h"
#include "train/report/attention.h"

namespace medley::train {

std::string escape_html(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string base64(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k) word = (word << 8) | (k < have ? bytes[i + k] : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= have ? kDigits[(word >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

std::string picture_uri(const Image& image) {
  return "data:image/png;base64," + base64(encode_png(image.width, image.height, 3, image.rgb));
}

std::string veil_uri(const std::vector<float>& heat, int64_t side) {
  std::vector<uint8_t> pixels;
  for (const float dark : veil(heat))
    pixels.insert(pixels.end(), {14, 18, 34, static_cast<uint8_t>(std::lround(255 * dark))});
  return "data:image/png;base64," + base64(encode_png(side, side, 4, pixels));
}

std::string with_commas(int64_t value) {
  std::string digits = std::to_string(value);
  for (int64_t at = static_cast<int64_t>(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string duration(double seconds) {
  auto whole = static_cast<int64_t>(std::lround(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

}  // namespace medley::train
