// The rules of the tokenizer. Each looks at a text from one place on and says how much of it is its
// token; of all rules the one that reaches farthest wins, and of equals the first.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace medley::train::ptb {

struct Match {
  size_t reach = 0;     // with what must follow the token: this is compared
  size_t length = 0;    // of the token
  std::u32string text;  // the token; empty when it vanishes
};

class Matcher {
 public:
  Matcher(std::u32string_view text, size_t at) : rest_(text.substr(at)) {}

  // The character `offset` places on; a line break stands behind the last one.
  char32_t peek(size_t offset) const { return offset < rest_.size() ? rest_[offset] : U'\n'; }
  std::u32string_view first(size_t length) const { return rest_.substr(0, length); }
  // Whether `word`, in small letters, stands `offset` places on in any case; its apostrophes match
  // curly ones too.
  bool has(std::u32string_view word, size_t offset = 0) const;
  // The place behind the characters from `from` on that are such.
  size_t run(size_t from, bool (*is)(char32_t)) const;

  // The next `length` characters are a token.
  void offer(size_t length) { offer_before(length, length); }
  // The same when it was necessary to look as far as `reach`.
  void offer_before(size_t reach, size_t length) {
    offer_as(reach, length, std::u32string(rest_.substr(0, length)));
  }
  // They are a token that reads otherwise.
  void offer_as(size_t reach, size_t length, std::u32string text) {
    if (length > 0 && reach > best_.reach) best_ = {reach, length, std::move(text)};
  }
  // With straight apostrophes.
  void offer_straight(size_t reach, size_t length);

  const Match& best() const { return best_; }

 private:
  std::u32string_view rest_;
  Match best_;
};

// The original names brackets as the treebank does, -lrb- for one; in smileys and telephone numbers
// the round ones alone.
std::u32string named_brackets(std::u32string_view text, bool round_only);

void match_contractions(Matcher& m);   // do + n't, it + 's, can + not, 'em
void match_words(Matcher& m);          // words, hyphens, slashes
void match_abbreviations(Matcher& m);  // etc. Mr. U.S.
void match_numbers(Matcher& m);        // numbers, fractions, money, telephone numbers
void match_signs(Matcher& m);          // punctuation, brackets, smileys, mark-up, addresses

}  // namespace medley::train::ptb
