// Longest match from left to right.
#include "train/metrics/ptb.h"

#include <algorithm>

#include "models/text/unicode.h"
#include "models/text/words.h"
#include "train/metrics/ptb_chars.h"
#include "train/metrics/ptb_match.h"

namespace medley::train {

std::string ptb_tokens(std::string_view text) {
  const std::u32string line = models::decode_utf8(text);
  std::string tokens;
  for (size_t at = 0; at < line.size();) {
    ptb::Matcher matcher(line, at);
    if (ptb::is_space(line[at])) {
      ++at;
      continue;
    }
    ptb::match_contractions(matcher);
    ptb::match_words(matcher);
    ptb::match_abbreviations(matcher);
    ptb::match_numbers(matcher);
    ptb::match_signs(matcher);
    const ptb::Match& match = matcher.best();
    at += std::max<size_t>(match.length, 1);  // what no rule knows vanishes
    std::u32string token = models::lower_text(match.text);
    std::erase(token, U'\u00AD');  // soft hyphens
    std::replace(token.begin(), token.end(), U' ', U'\u00A0');
    if (!token.empty()) tokens += (tokens.empty() ? "" : " ") + models::encode_utf8(token);
  }
  return tokens;
}

}  // namespace medley::train
