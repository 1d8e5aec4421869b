// The few properties of Unicode that the tokenizer needs, on top of utf8proc.
#pragma once

#include <string>
#include <string_view>

namespace medley::models {

// Bytes that are no UTF-8 become U+FFFD, one each.
std::u32string decode_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t c);
std::string encode_utf8(std::u32string_view text);

char32_t lower(char32_t c);
// Category C*: control, format, surrogate, private use, unassigned.
bool is_other(char32_t c);
// Where str.split() of Python splits: tab to carriage return, U+001C..1F, U+0085 and category Z*.
bool is_space(char32_t c);
// Category P* and every ASCII sign that is neither letter, digit nor space (BERT's definition).
bool is_punctuation(char32_t c);
// The ideograph blocks that BERT sets apart; kana and Hangul are not among them.
bool is_cjk(char32_t c);
bool is_letter(char32_t c);          // Category L*
bool is_digit(char32_t c);           // Category Nd
bool is_cased(char32_t c);           // Lu, Ll, Lt
bool is_case_ignorable(char32_t c);  // Mn, Me, Cf, Lm, Sk and the apostrophes and dots within words
// Canonical decomposition (NFD) without the marks of category Mn: accents go.
std::u32string strip_accents(const std::u32string& word);

}  // namespace medley::models
