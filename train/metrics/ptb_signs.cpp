// Punctuation and what is made of it. Most of it vanishes: quotation marks, single . , : ; ! ? and
// up to four hyphens.
#include <array>

#include "train/metrics/ptb_chars.h"
#include "train/metrics/ptb_match.h"

namespace medley::train::ptb {
namespace {

bool contains(std::u32string_view set, char32_t c) {
  return set.find(c) != std::u32string_view::npos;
}

void match_brackets(Matcher& m) {
  if (contains(U"()[]{}", m.peek(0))) {
    const char32_t bracket = m.peek(0);
    m.offer_as(1, 1, named_brackets({&bracket, 1}, false));
  }
  for (const std::u32string_view name :
       {U"-lrb-", U"-rrb-", U"-lsb-", U"-rsb-", U"-lcb-", U"-rcb-"})
    if (m.has(name)) m.offer(name.size());
}

void offer_smiley(Matcher& m, size_t reach, size_t length) {
  m.offer_as(reach, length, named_brackets(m.first(length), true));
}

// :-)  =D  <;o(   and ^_^  (^_^)
void match_smileys(Matcher& m) {
  const size_t hat = contains(U"<>", m.peek(0)) ? 1 : 0;
  if (contains(U":;=", m.peek(hat)))
    for (const size_t nose : {size_t{0}, size_t{1}}) {
      const size_t mouth = hat + 1 + nose;
      if (nose == 1 && !contains(U"-o*'", m.peek(mouth - 1))) continue;
      if (contains(U"()DPdpO\\{@|[]", m.peek(mouth)) && !is_ascii_letter(m.peek(mouth + 1)))
        offer_smiley(m, mouth + 2, mouth + 1);
    }
  const std::u32string_view eyes = U"-^x=~<>'";
  const auto is_eye = [&](size_t at) { return contains(eyes, m.peek(at)); };
  if (is_eye(0) && m.peek(1) == U'_' && is_eye(2)) offer_smiley(m, 3, 3);
  if (is_eye(0) && m.peek(1) == U'.' && is_eye(2) && !contains(U"-'", m.peek(0)) &&
      !contains(U"-'", m.peek(2)))
    offer_smiley(m, 3, 3);
  if (m.peek(0) != U'(' || !is_eye(1)) return;
  if (is_eye(2) && m.peek(3) == U')') offer_smiley(m, 4, 4);
  if (contains(U"_.", m.peek(2)) && is_eye(3) && m.peek(4) == U')') offer_smiley(m, 5, 5);
}

// A token of its own as long as the same characters follow each other.
void match_runs(Matcher& m) {
  for (const char32_t sign : {U'@', U'_', U'*', U'#'}) {
    size_t end = 0;
    while (m.peek(end) == sign) ++end;
    m.offer(end);
  }
  size_t loud = 0;
  while (contains(U"!?", m.peek(loud))) ++loud;
  if (loud == 1) m.offer_as(1, 1, {});
  if (loud > 1) m.offer(loud);
  constexpr size_t kDashes = 4;  // more of them are a line, which stays
  size_t hyphens = 0;
  while (m.peek(hyphens) == U'-') ++hyphens;
  if (hyphens > kDashes)
    m.offer(hyphens);
  else
    m.offer_as(hyphens, hyphens, {});
}

void match_single(Matcher& m) {
  const char32_t c = m.peek(0);
  if ((m.has(U"<<") || m.has(U">>"))) m.offer(2);
  if (contains(U"%&+/<=>\\^|~", c) || is_lone_sign(c)) m.offer(1);
}

// <b> </b> <!-- -->: spaces inside become non-breaking ones.
void match_markup(Matcher& m) {
  if (m.peek(0) != U'<') return;
  const bool declaration = contains(U"!?", m.peek(1));
  const size_t name = declaration || m.peek(1) == U'/' ? 2 : 1;
  if (!is_ascii_letter(m.peek(name)) && !(declaration && m.peek(name) == U'-')) return;
  std::u32string text = U"<";
  for (size_t i = 1;; ++i) {
    const char32_t c = m.peek(i);
    if (c == U'\n' || (!declaration && c == U'<')) return;
    text += c == U' ' ? U'\u00A0' : c;
    if (c == U'>') return m.offer_as(i + 1, i + 1, text);
  }
}

// &amp; and its kin; &#39; stays as it is.
void match_entities(Matcher& m) {
  struct Entity {
    std::u32string_view name;
    const char32_t* text;
  };
  constexpr std::array kEntities = {Entity{U"&amp;", U"&"}, Entity{U"&lt;", U"<"},
                                    Entity{U"&gt;", U">"},  Entity{U"&quot;", U""},
                                    Entity{U"&apos;", U""}, Entity{U"&nbsp;", U""}};
  for (const Entity& entity : kEntities)
    if (m.has(entity.name)) m.offer_as(entity.name.size(), entity.name.size(), entity.text);
  if (m.has(U"&#"))
    if (const size_t end = m.run(2, is_digit); end > 2 && m.peek(end) == U';') m.offer(end + 1);
}

// Goes on to white space or one of `stops`, then back over what cannot stand at the end.
size_t address_end(const Matcher& m, size_t from, std::u32string_view stops) {
  size_t end = from;
  while (m.peek(end) != U'\n' && !is_space(m.peek(end)) && !contains(stops, m.peek(end))) ++end;
  while (end > from && contains(U".!?(){},-", m.peek(end - 1))) --end;
  return end;
}

constexpr std::u32string_view kAddressStops = U"\"<>|()";

// http://a.b/c  www.a.com  a.org/b
void match_web(Matcher& m) {
  for (const std::u32string_view start : {U"http://", U"https://"})
    if (m.has(start))
      if (const size_t end = address_end(m, start.size(), kAddressStops); end > start.size() + 1)
        m.offer(end);
  size_t end = 0, labels = 0, label = 0;
  for (;; ++labels) {
    label = end;
    while (is_ascii_word(m.peek(end)) || (labels > 0 && m.peek(end) == U'-')) ++end;
    if (end == label || m.peek(end) != U'.' || !is_ascii_word(m.peek(end + 1))) break;
    ++end;
  }
  const size_t last = end - label;
  bool known = m.has(U"www.") && labels > 1 && last >= 2 && last <= 4;
  for (const std::u32string_view top : {U"com", U"net", U"org", U"edu"})
    known = known || (labels > 0 && last == top.size() && m.has(top, label));
  if (!known) return;
  m.offer(end);
  if (m.peek(end) == U'/')
    if (const size_t path = address_end(m, end + 1, kAddressStops); path > end + 2) m.offer(path);
}

// a.b@c.com, <a@b.com>; @name; #tag
void match_names(Matcher& m) {
  const size_t open = m.peek(0) == U'<' ? 1 : 0;
  if (is_ascii_word(m.peek(open))) {
    size_t at = open + 1;
    while (m.peek(at) != U'@' && m.peek(at) != U'\n' && !is_space(m.peek(at)) &&
           !contains(U"\"<>|(){}", m.peek(at)))
      ++at;
    if (m.peek(at) == U'@')
      if (const size_t end = address_end(m, at + 1, U"\"<>|(){}[],;:"); end > at + 1)
        m.offer(open == 1 && m.peek(end) == U'>' ? end + 1 : end);
  }
  const auto is_name = [](char32_t c) { return is_ascii_word(c) || c == U'_'; };
  if (m.peek(0) == U'@' && (is_ascii_letter(m.peek(1)) || m.peek(1) == U'_'))
    m.offer(m.run(1, is_name));
  if (m.peek(0) == U'#' && is_letter(m.peek(1))) m.offer(m.run(1, is_letter));
}

}  // namespace

std::u32string named_brackets(std::u32string_view text, bool round_only) {
  std::u32string named;
  for (const char32_t c : text) {
    switch (round_only && c != U'(' && c != U')' ? U'\0' : c) {
      case U'(':
        named += U"-lrb-";
        break;
      case U')':
        named += U"-rrb-";
        break;
      case U'[':
        named += U"-lsb-";
        break;
      case U']':
        named += U"-rsb-";
        break;
      case U'{':
        named += U"-lcb-";
        break;
      case U'}':
        named += U"-rcb-";
        break;
      default:
        named += c;
    }
  }
  return named;
}

void match_signs(Matcher& m) {
  match_entities(m);
  match_markup(m);
  match_web(m);
  match_names(m);
  match_brackets(m);
  match_smileys(m);
  match_runs(m);
  match_single(m);
}

}  // namespace medley::train::ptb
