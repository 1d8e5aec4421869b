// Numbers, fractions, money and telephone numbers.
#include <algorithm>
#include <array>
#include <vector>

#include "train/metrics/ptb_chars.h"
#include "train/metrics/ptb_match.h"

namespace medley::train::ptb {
namespace {

// 5  1,000  10:30  3.14  .5
size_t number_end(const Matcher& m, size_t from) {
  size_t end = m.run(from, is_digit);
  const auto joins = [](char32_t c) { return c == U'.' || c == U',' || c == U':' || c == 0xAD; };
  while (joins(m.peek(end)) && is_digit(m.peek(end + 1))) end = m.run(end + 1, is_digit);
  return end;
}

bool is_raised(char32_t c) {
  return c == 0xB2 || c == 0xB3 || c == 0xB9 || c == 0x2070 || (c >= 0x2074 && c <= 0x2079);
}
bool is_lowered(char32_t c) { return c >= 0x2080 && c <= 0x2089; }

// Places where a pattern can end, grown step by step: all ways are followed at once.
class Paths {
 public:
  explicit Paths(const Matcher& m) : m_(m) {}

  Paths& digits(size_t least, size_t most) {
    std::vector<size_t> next;
    for (const size_t end : ends_)
      for (size_t n = 1; n <= most && is_digit(m_.peek(end + n - 1)); ++n)
        if (n >= least) next.push_back(end + n);
    return replace(std::move(next));
  }
  Paths& one_of(std::u32string_view characters) {
    std::vector<size_t> next;
    for (const size_t end : ends_)
      if (characters.find(m_.peek(end)) != std::u32string_view::npos) next.push_back(end + 1);
    return replace(std::move(next));
  }
  template <class Part>
  Paths& maybe(const Part& part) {
    std::vector<size_t> before = ends_;
    part(*this);
    before.insert(before.end(), ends_.begin(), ends_.end());
    return replace(std::move(before));
  }
  size_t farthest() const { return ends_.empty() ? 0 : ends_.back(); }

 private:
  Paths& replace(std::vector<size_t> ends) {
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
    ends_ = std::move(ends);
    return *this;
  }
  const Matcher& m_;
  std::vector<size_t> ends_{0};
};

constexpr std::u32string_view kGap = U"- \u00A0";

// 3/4, 1 1/2, 2-1/2
size_t fraction_end(const Matcher& m) {
  return Paths(m)
      .maybe([](Paths& p) { p.digits(1, 4).one_of(kGap); })
      .digits(1, 4)
      .maybe([](Paths& p) { p.one_of(U"\\"); })
      .one_of(U"/\u2044")
      .digits(1, 4)
      .farthest();
}

// Two to four digits, three or four, three to five, with gaps; or with periods.
size_t telephone_end(const Matcher& m) {
  const auto gap = [](Paths& p) { p.one_of(kGap); };
  const auto country = [](Paths& p) { p.one_of(U"+").maybe([](Paths& q) { q.one_of(U"+"); }); };
  Paths brackets(m), gaps(m), periods(m);
  brackets.one_of(U"(").digits(2, 3).one_of(U")").maybe([](Paths& p) { p.one_of(U" \u00A0"); });
  gaps.maybe(country).maybe([](Paths& p) { p.digits(2, 4).one_of(kGap); });
  gaps.digits(2, 4).one_of(kGap);
  for (Paths* paths : {&brackets, &gaps}) paths->digits(3, 4).maybe(gap).digits(3, 5);
  periods.maybe([&](Paths& p) { p.maybe(country).digits(2, 4).one_of(U"."); });
  periods.digits(2, 4).one_of(U".").digits(3, 4).one_of(U".").digits(3, 5);
  return std::max({brackets.farthest(), gaps.farthest(), periods.farthest()});
}

void match_money(Matcher& m) {
  if (const size_t end = m.run(0, is_capital); m.peek(end) == U'$') m.offer(end + 1);  // US$
  switch (m.peek(0)) {
    case 0x80:
    case 0xA4:
    case 0x20A0:
    case 0x20AC:
      return m.offer_as(1, 1, U"$");
    case 0xA2:
      return m.offer_as(1, 1, U"cents");
    case 0xA3:
      return m.offer_as(1, 1, U"#");
    default:
      return;
  }
}

// One character that is written out.
void match_fraction_signs(Matcher& m) {
  struct Sign {
    char32_t sign;
    const char32_t* text;
  };
  constexpr std::array kSigns = {Sign{0xBC, U"1/4"}, Sign{0xBD, U"1/2"}, Sign{0xBE, U"3/4"},
                                 Sign{0x2153, U"1/3"}, Sign{0x2154, U"2/3"}};
  for (const Sign& s : kSigns)
    if (m.peek(0) == s.sign) m.offer_as(1, 1, s.text);
}

}  // namespace

void match_numbers(Matcher& m) {
  const size_t sign = m.peek(0) == U'+' || m.peek(0) == U'-' ? 1 : 0;
  if (const size_t end = number_end(m, sign); end > sign) m.offer(end);
  m.offer(m.run(0, is_raised));
  m.offer(m.run(0, is_lowered));
  m.offer(fraction_end(m));
  const size_t telephone = telephone_end(m);
  m.offer_as(telephone, telephone, named_brackets(m.first(telephone), true));
  match_money(m);
  match_fraction_signs(m);
}

}  // namespace medley::train::ptb
