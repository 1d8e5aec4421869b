// From text to the words that WordPiece cuts up: BERT's basic tokenizer, uncased.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace medley::models {

// Special tokens that keep their form where they stand alone between white space.
inline constexpr std::array<std::string_view, 5> kLoneSpecialTokens{"[PAD]", "[UNK]", "[CLS]",
                                                                    "[SEP]", "[MASK]"};
bool is_lone_special(std::string_view piece);

// Lower case as Python's str.lower().
std::u32string lower_text(const std::u32string& text);

// Cleans, sets CJK apart, splits on white space, lowers, strips accents, splits on punctuation.
// With keep_special, lone special tokens stay whole.
std::vector<std::u32string> basic_words(std::string_view text, bool keep_special);

// Whether a caption, question or sentence has a word once it is cleaned: one of zero-width spaces
// has none, since the tokenizer leaves them out.
bool has_words(std::string_view text);

}  // namespace medley::models
