// What the Penn Treebank tokenizer takes for a letter, a digit, a space, and for a sign that is a
// token by itself. Measured character by character on the original, which knows the first 65,536.
#pragma once

namespace medley::train::ptb {

bool is_letter(char32_t c);  // marks that go on letters are among them
bool is_digit(char32_t c);
bool is_word(char32_t c);  // either
bool is_ascii_letter(char32_t c);
bool is_ascii_word(char32_t c);
bool is_capital(char32_t c);  // of ASCII
bool is_space(char32_t c);
bool is_apostrophe(char32_t c);  // straight or curly
// An apostrophe or a quotation mark that stands for one.
bool is_apostrophe_like(char32_t c);
bool is_lone_sign(char32_t c);  // outside ASCII
char32_t ascii_lower(char32_t c);

}  // namespace medley::train::ptb
