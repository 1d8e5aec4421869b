// Categories of Unicode where they agree with the original, ranges where not.
#include "train/metrics/ptb_chars.h"

#include <algorithm>
#include <array>
#include <span>

#include "models/text/unicode.h"

namespace medley::train::ptb {
namespace {

struct Range {
  char32_t first, last;
};

// Letters beyond category L: accents, and the vowel signs of the scripts of South Asia.
constexpr std::array kMarks = {
    Range{0x00AD, 0x00AD}, Range{0x02C2, 0x02C5}, Range{0x02D2, 0x02DF}, Range{0x02E5, 0x02EB},
    Range{0x02ED, 0x02ED}, Range{0x02EF, 0x036F}, Range{0x0375, 0x0375}, Range{0x0384, 0x0385},
    Range{0x03F6, 0x03F6}, Range{0x0483, 0x0487}, Range{0x055A, 0x055F}, Range{0x0591, 0x05BD},
    Range{0x05BF, 0x05BF}, Range{0x05C1, 0x05C2}, Range{0x05C4, 0x05C5}, Range{0x05C7, 0x05C7},
    Range{0x0615, 0x061A}, Range{0x064B, 0x065E}, Range{0x0670, 0x0670}, Range{0x06D6, 0x06E4},
    Range{0x06E7, 0x06ED}, Range{0x0711, 0x0711}, Range{0x0730, 0x074C}, Range{0x07A6, 0x07B0},
    Range{0x07EB, 0x07F3}, Range{0x0900, 0x0903}, Range{0x093C, 0x093C}, Range{0x093E, 0x094E},
    Range{0x0951, 0x0955}, Range{0x0962, 0x0963}, Range{0x0981, 0x0983}, Range{0x09BC, 0x09D7},
    Range{0x09E2, 0x09E3}, Range{0x0A01, 0x0A4F}, Range{0x0A81, 0x0ACF}, Range{0x0B82, 0x0BCD},
    Range{0x0C01, 0x0C56}, Range{0x0D3E, 0x0D48}, Range{0x0E31, 0x0E3A}, Range{0x0E47, 0x0E4E},
    Range{0x0EB1, 0x0EBC}, Range{0x0EC8, 0x0ECD}};

// Signs that stay; all others outside ASCII that are no letters vanish.
constexpr std::array kSigns = {
    Range{0x00A1, 0x00A1}, Range{0x00A5, 0x00A9}, Range{0x00AC, 0x00AC}, Range{0x00AE, 0x00B4},
    Range{0x00B6, 0x00B9}, Range{0x00BF, 0x00BF}, Range{0x00D7, 0x00D7}, Range{0x00F7, 0x00F7},
    Range{0x037E, 0x037E}, Range{0x0387, 0x0387}, Range{0x0589, 0x0589}, Range{0x05BE, 0x05BE},
    Range{0x05C0, 0x05C0}, Range{0x05C3, 0x05C3}, Range{0x05C6, 0x05C6}, Range{0x05F3, 0x05F4},
    Range{0x0600, 0x0603}, Range{0x0606, 0x060C}, Range{0x0614, 0x0614}, Range{0x061B, 0x061B},
    Range{0x061E, 0x061F}, Range{0x066A, 0x066A}, Range{0x066D, 0x066D}, Range{0x06D4, 0x06D4},
    Range{0x0700, 0x070D}, Range{0x0964, 0x0965}, Range{0x0E3F, 0x0E3F}, Range{0x0E4F, 0x0E4F},
    Range{0x2016, 0x2017}, Range{0x201A, 0x201A}, Range{0x201E, 0x2023}, Range{0x2030, 0x2038},
    Range{0x203B, 0x203B}, Range{0x203E, 0x2042}, Range{0x2044, 0x2044}, Range{0x2070, 0x2070},
    Range{0x2074, 0x207E}, Range{0x2080, 0x208E}, Range{0x20A4, 0x20A4}, Range{0x2100, 0x2101},
    Range{0x2103, 0x2106}, Range{0x2108, 0x2109}, Range{0x2114, 0x2114}, Range{0x2116, 0x2118},
    Range{0x211E, 0x2123}, Range{0x2125, 0x2129}, Range{0x212E, 0x212E}, Range{0x213A, 0x213B},
    Range{0x2140, 0x2144}, Range{0x214A, 0x214F}, Range{0x2155, 0x215E}, Range{0x2190, 0x2BFF},
    Range{0x3001, 0x3002}, Range{0x3012, 0x3012}, Range{0x30FB, 0x30FB}, Range{0xFF01, 0xFF0F},
    Range{0xFF1A, 0xFF20}, Range{0xFF3B, 0xFF40}, Range{0xFF5B, 0xFF65}, Range{0xFFE0, 0xFFE1},
    Range{0xFFE5, 0xFFE6}};

constexpr char32_t kLastKnown = 0xFFFF;

bool in_ranges(std::span<const Range> ranges, char32_t c) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t value, Range r) { return value < r.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

}  // namespace

bool is_capital(char32_t c) { return c >= U'A' && c <= U'Z'; }
char32_t ascii_lower(char32_t c) { return is_capital(c) ? c + (U'a' - U'A') : c; }
bool is_ascii_letter(char32_t c) { return ascii_lower(c) >= U'a' && ascii_lower(c) <= U'z'; }
bool is_ascii_word(char32_t c) { return is_ascii_letter(c) || (c >= U'0' && c <= U'9'); }

bool is_letter(char32_t c) {
  if (c < 0x80) return is_ascii_letter(c);
  return c <= kLastKnown && (models::is_letter(c) || in_ranges(kMarks, c));
}

bool is_digit(char32_t c) { return c <= kLastKnown && models::is_digit(c); }
bool is_word(char32_t c) { return is_letter(c) || is_digit(c); }

bool is_space(char32_t c) {
  return c == U' ' || (c >= U'\t' && c <= U'\r') || c == 0x85 || c == 0xA0 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x3000;
}

bool is_apostrophe(char32_t c) { return c == U'\'' || c == 0x92 || c == 0x2019; }

bool is_apostrophe_like(char32_t c) {
  return is_apostrophe(c) || c == U'`' || c == 0x91 || c == 0x2018 || c == 0x201B;
}

bool is_lone_sign(char32_t c) { return in_ranges(kSigns, c); }

}  // namespace medley::train::ptb
