// The lists, turned into maps at the first use.
#include "train/metrics/vqa_words.h"

#include <map>

#include "train/metrics/ngrams.h"

namespace medley::train {
namespace {

// The evaluation lists each of these with one of its apostrophes missing, in every way. It knows no
// others: "she'd" is not there.
constexpr const char* kContractions =
    "ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't "
    "haven't he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't "
    "mightn't've might've mustn't must've needn't not've o'clock oughtn't 'ow's'at shan't "
    "she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd "
    "someone'd've someone'll someone's something'd something'd've something'll that's there'd "
    "there'd've there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've "
    "we've weren't what'll what're what's what've when's where'd where's where've who'd who'd've "
    "who'll who's who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'll "
    "y'all'd've you'd you'd've you'll you're you've";

std::map<std::string, std::string> contractions() {
  std::map<std::string, std::string> map;
  for (const std::string& right : split_words(kContractions))
    for (size_t at = right.find('\''); at != right.npos; at = right.find('\'', at + 1))
      map[std::string(right).erase(at, 1)] = right;
  map["somebody'd"] = "somebodyd";  // the wrong way round in the evaluation
  return map;
}

std::string found_or_same(const std::map<std::string, std::string>& map, const std::string& word) {
  const auto found = map.find(word);
  return found == map.end() ? word : found->second;
}

}  // namespace

std::string vqa_digits(const std::string& word) {
  static const std::map<std::string, std::string> digits = {
      {"none", "0"}, {"zero", "0"}, {"one", "1"},   {"two", "2"},   {"three", "3"}, {"four", "4"},
      {"five", "5"}, {"six", "6"},  {"seven", "7"}, {"eight", "8"}, {"nine", "9"},  {"ten", "10"}};
  return found_or_same(digits, word);
}

std::string vqa_contraction(const std::string& word) {
  static const std::map<std::string, std::string> map = contractions();
  return found_or_same(map, word);
}

}  // namespace medley::train
