// Text for JSON: quoted strings and numbers that read back as the same double.
#pragma once

#include <string>
#include <string_view>

namespace medley::models {

// With quotes around it. UTF-8 passes through; bytes that are not UTF-8 become U+FFFD, so the
// result is valid JSON.
std::string json_quote(std::string_view text);
// The shortest form that reads back as the same value; "null" for NaN and infinity, which JSON does
// not have.
std::string json_number(double value);

}  // namespace medley::models
