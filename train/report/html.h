// Pieces of a page that needs nothing from outside: escaped text, base64, pictures as data URIs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "train/data/dataset.h"

namespace medley::train {

std::string escape_html(std::string_view text);
std::string base64(std::span<const uint8_t> bytes);

// "data:image/png;base64,..."
std::string picture_uri(const Image& image);
// A veil over a picture that lets through what `heat` ([side, side], any scale) is high on.
std::string veil_uri(const std::vector<float>& heat, int64_t side);

// "12,345"
std::string with_commas(int64_t value);
// Digits after the point are fixed: "0.970".
std::string fixed(double value, int digits);
// "9 min 40 s"
std::string duration(double seconds);

}  // namespace medley::train
