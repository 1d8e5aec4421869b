// Abbreviations keep their period.
#include <algorithm>
#include <set>
#include <string>

#include "train/metrics/ngrams.h"
#include "train/metrics/ptb_chars.h"
#include "train/metrics/ptb_match.h"

namespace medley::train::ptb {
namespace {

using Words = std::set<std::string>;

Words words(const char* list) {
  const auto split = split_words(list);
  return {split.begin(), split.end()};
}

// In any case: months, days, states, companies, titles, places.
const Words& any_case() {
  static const Words list = words(
      "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri "
      "ala ariz calif colo conn ct dak fla ga ind kan kans ky md mich minn mo mont neb nev okla "
      "penn tenn va vt wis wisc wyo "
      "inc co cos corp ltd plc rt bancorp dept bhd assn univ intl sys cie bros tel est ext sq "
      "jr sr blvd rd esq etc al seq "
      "mr mrs ms dr drs prof profs sen sens rep reps atty attys lt col gen messrs gov govs adm rev "
      "maj sgt cpl pvt capt st ste ave pres lieut hon brig cmdr comdr pfc spc supt supts det mt ft "
      "adj adv asst assoc ens insp mlle mme msgr sfc invt elec natl vs alex wm jos cf treas bldg "
      "ph.d ed.d");
  return list;
}

// Common words or other abbreviations in small letters.
const Words& with_capital() {
  static const Words list = words("az ark del ill la mass miss ore pa tex wash");
  return list;
}

// Not when all in capitals.
const Words& with_small_letters() {
  static const Words list = words("mfg pty pte ptys ptes ppty pptys");
  return list;
}

// Only with a number behind: "fig. 3".
const Words& before_number() {
  static const Words list = words("ca fig figs prop no nos art pp op");
  return list;
}

// a.m. U.S.A. J.
size_t initials(const Matcher& m) {
  size_t end = 0;
  while (is_ascii_letter(m.peek(end)) && m.peek(end + 1) == U'.') end += 2;
  return end;
}

bool number_follows(const Matcher& m, size_t at) {
  return is_digit(m.peek(at)) || (is_space(m.peek(at)) && is_digit(m.peek(at + 1)));
}

}  // namespace

void match_abbreviations(Matcher& m) {
  m.offer(initials(m));
  size_t end = 0;
  std::string lower;
  size_t capitals = 0;
  while (is_ascii_letter(m.peek(end)) ||
         (m.peek(end) == U'.' && is_ascii_letter(m.peek(end + 1)))) {
    capitals += is_capital(m.peek(end));
    lower += static_cast<char>(ascii_lower(m.peek(end++)));
  }
  if (m.peek(end) != U'.') return;
  if (any_case().contains(lower) || (with_capital().contains(lower) && is_capital(m.peek(0))) ||
      (with_small_letters().contains(lower) && capitals < end))
    m.offer(end + 1);
  else if (before_number().contains(lower) && number_follows(m, end + 1))
    m.offer_before(end + 2, end + 1);
}

}  // namespace medley::train::ptb
