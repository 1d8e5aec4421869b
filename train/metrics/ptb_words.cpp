// Words, and words that hyphens, slashes and periods hold together.
#include <algorithm>

#include "train/metrics/ptb_chars.h"
#include "train/metrics/ptb_match.h"

namespace medley::train::ptb {
namespace {

// Letters and digits, going on over . ! ? when a letter is on the other side: "end.Start".
void match_word(Matcher& m) {
  size_t end = m.run(0, is_word);
  if (end == 0) return;
  while ((m.peek(end) == U'.' || m.peek(end) == U'!' || m.peek(end) == U'?') &&
         is_letter(m.peek(end + 1)))
    end = m.run(end + 1, is_word);
  m.offer(end);
}

// Letters and digits, with o' d' l' before them: o'clock.
size_t stem(const Matcher& m, size_t from) {
  const char32_t first = ascii_lower(m.peek(from));
  const bool prefix = first == U'o' || first == U'd' || first == U'l';
  return m.run(prefix && is_apostrophe_like(m.peek(from + 1)) && is_letter(m.peek(from + 2))
                   ? from + 2
                   : from,
               is_word);
}

bool is_hyphen(char32_t c) {
  return c == U'-' || c == U'_' || c == 0x058A || c == 0x2010 || c == 0x2011;
}

// state-of-the-art
void match_hyphens(Matcher& m) {
  size_t end = stem(m, 0);
  while (end > 0) {
    m.offer(end);
    const size_t next = is_hyphen(m.peek(end)) ? stem(m, end + 1) : 0;
    end = next > end + 1 ? next : 0;
  }
}

// 3.5-inch, U.S.-based: dots and commas before the first hyphen, initials behind one.
void match_dotted_hyphens(Matcher& m) {
  if (!is_ascii_word(m.peek(0))) return;
  size_t end = 1;
  while (is_ascii_word(m.peek(end)) || m.peek(end) == U'.' || m.peek(end) == U',') ++end;
  while (m.peek(end) == U'-' && is_ascii_word(m.peek(end + 1))) {
    const size_t word = m.run(end + 1, is_ascii_word);
    size_t initials = end + 1;
    while (is_ascii_letter(m.peek(initials)) && m.peek(initials + 1) == U'.') initials += 2;
    end = initials >= end + 5 ? std::max(initials, word) : word;  // at least two of them
    m.offer(end);
  }
}

// Letters and digits with up to two words of letters behind hyphens.
size_t side_of_slash(const Matcher& m, size_t from) {
  size_t end = m.run(from, is_ascii_word);
  if (end == from) return from;
  for (int hyphens = 0; hyphens < 2; ++hyphens)
    if (m.peek(end) == U'-' && is_ascii_letter(m.peek(end + 1)))
      end = m.run(end + 1, is_ascii_letter);
  return end;
}

// and/or, red/white/blue; a third slash ends it.
void match_slashes(Matcher& m) {
  size_t end = side_of_slash(m, 0);
  for (int slashes = 0; end > 0 && slashes < 2; ++slashes) {
    const size_t slash = m.peek(end) == U'\\' ? end + 1 : end;
    const size_t next = m.peek(slash) == U'/' ? side_of_slash(m, slash + 1) : 0;
    if (next <= slash + 1) return;
    m.offer(end = next);
  }
}

// R&D, B+W
void match_joined_capitals(Matcher& m) {
  size_t end = m.run(0, is_capital);
  while (end > 0 && (m.peek(end) == U'&' || m.peek(end) == U'+')) {
    const size_t next = m.run(end + 1, is_capital);
    if (next == end + 1) return;
    m.offer(end = next);
  }
}

}  // namespace

void match_words(Matcher& m) {
  match_word(m);
  match_hyphens(m);
  match_dotted_hyphens(m);
  match_slashes(m);
  match_joined_capitals(m);
  for (const std::u32string_view word :
       {U"c++", U"c#", U"f#", U"pro-", U"anti-", U"s&p-500", U"s&ls"})
    if (m.has(word)) m.offer(word.size());
}

}  // namespace medley::train::ptb
