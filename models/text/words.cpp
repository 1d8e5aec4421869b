// BERT's basic tokenizer and the original's caption cleaning.
#include "models/text/words.h"

#include <algorithm>

#include "models/text/tokenizer.h"
#include "models/text/unicode.h"

namespace medley::models {
namespace {

// White space to single spaces, control characters gone, ideographs between spaces.
std::u32string clean(std::string_view text) {
  std::u32string out;
  for (const char32_t c : decode_utf8(text)) {
    const bool line = c == U'\t' || c == U'\n' || c == U'\r';
    if (c == U'\uFFFD' || (is_other(c) && !line)) continue;
    if (is_space(c)) {
      out += U' ';
    } else if (is_cjk(c)) {
      out += {U' ', c, U' '};
    } else {
      out += c;
    }
  }
  return out;
}

template <class F>
void for_each_word(std::u32string_view text, F f) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(U' ', begin), text.size());
    if (end > begin) f(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

// Stripping accents may leave white space behind (U+00A8 decomposes into a space and a mark), hence
// the second split.
void split_punctuation(std::u32string_view word, std::vector<std::u32string>& out) {
  bool fresh = true;
  for (const char32_t c : word) {
    const bool alone = is_punctuation(c);
    if (is_space(c)) {
      fresh = true;
      continue;
    }
    if (alone || fresh) out.emplace_back();
    out.back() += c;
    fresh = alone;
  }
}

// Greek sigma ends a word in another form (Unicode's Final_Sigma, as Python's str.lower).
bool is_final_sigma(const std::u32string& text, size_t at) {
  size_t before = at, after = at + 1;
  while (before > 0 && is_case_ignorable(text[before - 1])) --before;
  if (before == 0 || !is_cased(text[before - 1])) return false;
  while (after < text.size() && is_case_ignorable(text[after])) ++after;
  return after == text.size() || !is_cased(text[after]);
}

}  // namespace

std::u32string lower_text(const std::u32string& text) {
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == U'\u03A3') {
      out += is_final_sigma(text, i) ? U'\u03C2' : U'\u03C3';
    } else if (text[i] == U'\u0130') {  // capital I with dot: the dot stays, as a mark
      out += U"i\u0307";
    } else {
      out += lower(text[i]);
    }
  }
  return out;
}

bool is_lone_special(std::string_view piece) {
  return std::find(kLoneSpecialTokens.begin(), kLoneSpecialTokens.end(), piece) !=
         kLoneSpecialTokens.end();
}

std::vector<std::u32string> basic_words(std::string_view text, bool keep_special) {
  std::vector<std::u32string> words;
  for_each_word(clean(text), [&](std::u32string_view word) {
    if (keep_special && word.front() == U'[' && is_lone_special(encode_utf8(word))) {
      words.emplace_back(word);
      return;
    }
    std::u32string lowered(word);
    for (char32_t& c : lowered) c = lower(c);
    split_punctuation(strip_accents(lowered), words);
  });
  return words;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (const std::u32string& word : basic_words(text, false)) words.push_back(encode_utf8(word));
  return words;
}

namespace {

// What the original's two cleaning functions take out.
bool is_stripped(char32_t c) {
  return std::u32string_view(U".!\"()*#:;~").find(c) != std::u32string_view::npos;
}

// Words are what single spaces divide, as Python's split(' ') has it.
std::string first_words(const std::u32string& text, int64_t max_words) {
  size_t end = 0;
  for (int64_t words = 0; words < max_words && end < text.size(); ++words)
    end = std::min(text.find(U' ', end + (words > 0 ? 1 : 0)), text.size());
  return encode_utf8(std::u32string_view(text).substr(0, end));
}

}  // namespace

std::string clean_question(std::string_view text, int64_t max_words) {
  std::u32string cleaned = lower_text(decode_utf8(text));
  std::erase_if(cleaned, is_stripped);
  while (!cleaned.empty() && cleaned.back() == U' ') cleaned.pop_back();
  return first_words(cleaned, max_words);
}

std::string clean_caption(std::string_view text, int64_t max_words) {
  std::u32string cleaned;
  size_t run = 0;  // length of the white space at the end of `cleaned`, as written
  for (char32_t c : lower_text(decode_utf8(text))) {
    if (is_stripped(c)) c = U' ';
    // One white-space character stays what it is; two or more become one space.
    if (is_space(c)) {
      if (++run > 1) {
        cleaned.back() = U' ';
        continue;
      }
    } else {
      run = 0;
    }
    cleaned += c;
  }
  while (!cleaned.empty() && cleaned.back() == U'\n') cleaned.pop_back();
  while (!cleaned.empty() && cleaned.back() == U' ') cleaned.pop_back();
  cleaned.erase(0, std::min(cleaned.find_first_not_of(U' '), cleaned.size()));
  return first_words(cleaned, max_words);
}

bool has_words(std::string_view text) {
  const std::string cleaned = clean_caption(text);
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return std::any_of(cleaned.begin(), cleaned.end(), plain) || !split_words(cleaned).empty();
}

}  // namespace medley::models
