// Contractions are cut before their second part; some words keep their apostrophe.
#include <array>

#include "train/metrics/ptb_chars.h"
#include "train/metrics/ptb_match.h"

namespace medley::train::ptb {
namespace {

// Length of 's 'm 'd 're 've 'll at `from`, else 0.
size_t shortened_verb(const Matcher& m, size_t from) {
  for (const std::u32string_view verb : {U"'re", U"'ve", U"'ll", U"'s", U"'m", U"'d"})
    if (m.has(verb, from)) return verb.size();
  return 0;
}

bool is_shortened_not(const Matcher& m, size_t from) {
  return ascii_lower(m.peek(from)) == U'n' && is_apostrophe_like(m.peek(from + 1)) &&
         ascii_lower(m.peek(from + 2)) == U't';
}

// The part before, and the second part where it stands by itself.
void match_cut(Matcher& m) {
  const size_t word = m.run(0, is_word);
  if (const size_t verb = shortened_verb(m, word); word > 0 && verb > 0)
    m.offer_before(word + verb, word);
  const size_t letters = m.run(0, is_ascii_letter);
  if (letters > 1 && is_shortened_not(m, letters - 1) && ascii_lower(m.peek(letters - 2)) != U'n')
    m.offer_before(letters + 2, letters - 1);
  if (const size_t verb = shortened_verb(m, 0); verb > 0 && !is_ascii_letter(m.peek(verb)))
    m.offer_straight(verb + 1, verb);
  if (is_shortened_not(m, 0) && !is_ascii_letter(m.peek(3))) m.offer_straight(4, 3);
}

// Two words written as one; and 't in 'tis and 'twas.
void match_joined(Matcher& m) {
  constexpr size_t kFirst = 3;  // letters of the first word
  for (const std::u32string_view word :
       {U"cannot", U"gonna", U"wanna", U"gotta", U"gimme", U"lemme"})
    if (m.has(word) && !is_letter(m.peek(word.size()))) m.offer_before(word.size() + 1, kFirst);
  if (m.has(U"'tis") || m.has(U"'twas")) m.offer_straight(4, 2);
}

bool is_vowel(char32_t c) { return c == U'a' || c == U'e' || c == U'i' || c == U'o' || c == U'u'; }

// Words with an apostrophe of their own.
void match_whole(Matcher& m) {
  for (const std::u32string_view word :
       {U"'em",   U"'til", U"'till",      U"'cause", U"dunkin'", U"somethin'", U"ol'",
        U"c'mon", U"e'er", U"nor'easter", U"ev'ry",  U"s'mores", U"li'l",      U"nat'l",
        U"cap'n", U"l'",   U"d'",         U"j'",     U"c'est",   U"'n'"})
    if (m.has(word)) m.offer_straight(word.size(), word.size());
  if (m.has(U"'n") && !is_letter(m.peek(2))) m.offer_straight(3, 2);
  if (m.has(U"y'") && is_letter(m.peek(2))) m.offer_straight(3, 2);
  if (is_apostrophe(m.peek(0))) {
    if (m.peek(1) >= U'2' && m.peek(1) <= U'9' && m.has(U"0s", 2)) m.offer_straight(4, 4);  // '90s
    if (is_digit(m.peek(1)) && is_digit(m.peek(2)) && is_space(m.peek(3)))
      m.offer_straight(4, 3);  // the class of '98
  }
  // Hawai'i: a letter and a vowel before it, and a small vowel or a capital behind.
  const size_t head = m.run(0, is_letter);
  if (head < 2 || !is_apostrophe(m.peek(head))) return;
  const char32_t before = ascii_lower(m.peek(head - 1)), behind = m.peek(head + 1);
  if ((is_vowel(before) || before == U'y') && (is_vowel(behind) || is_capital(behind)))
    m.offer(m.run(head + 1, is_letter));
}

}  // namespace

bool Matcher::has(std::u32string_view word, size_t offset) const {
  for (size_t i = 0; i < word.size(); ++i) {
    const char32_t c = peek(offset + i);
    if (word[i] == U'\'' ? !is_apostrophe(c) : ascii_lower(c) != word[i]) return false;
  }
  return true;
}

size_t Matcher::run(size_t from, bool (*is)(char32_t)) const {
  while (is(peek(from))) ++from;
  return from;
}

void Matcher::offer_straight(size_t reach, size_t length) {
  std::u32string text(rest_.substr(0, length));
  for (char32_t& c : text)
    if (is_apostrophe(c)) c = U'\'';
  offer_as(reach, length, std::move(text));
}

void match_contractions(Matcher& m) {
  match_cut(m);
  match_joined(m);
  match_whole(m);
}

}  // namespace medley::train::ptb
