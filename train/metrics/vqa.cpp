// The steps of the normalisation, on code points.
#include "train/metrics/vqa.h"

#include <algorithm>

#include "core/error.h"
#include "models/text/unicode.h"
#include "models/text/words.h"
#include "train/metrics/ngrams.h"
#include "train/metrics/vqa_words.h"

namespace medley::train {
namespace {

constexpr std::u32string_view kSigns = U";/[]\"{}()=+\\_-><@`,?!";
// The evaluation passes the flag re.UNICODE, 32, where the number of replacements is expected.
constexpr int kPeriodsRemoved = 32;

bool has_comma_in_number(std::u32string_view text) {
  for (size_t i = 1; i + 1 < text.size(); ++i)
    if (text[i] == U',' && models::is_digit(text[i - 1]) && models::is_digit(text[i + 1]))
      return true;
  return false;
}

bool has_space_beside(std::u32string_view text, char32_t sign) {
  const char32_t before[] = {U' ', sign, 0}, after[] = {sign, U' ', 0};
  return text.find(before) != text.npos || text.find(after) != text.npos;
}

std::u32string trimmed(std::string_view answer) {
  std::u32string text = models::decode_utf8(answer);
  for (char32_t& c : text)
    if (c == U'\n' || c == U'\t') c = U' ';
  while (!text.empty() && models::is_space(text.back())) text.pop_back();
  const auto begin = std::find_if_not(text.begin(), text.end(), models::is_space);
  return {begin, text.end()};
}

std::u32string without_punctuation(const std::u32string& text) {
  const bool comma_in_number = has_comma_in_number(text);
  std::u32string signs_gone;
  for (const char32_t c : text) {
    if (kSigns.find(c) == kSigns.npos)
      signs_gone += c;
    else if (!comma_in_number && !has_space_beside(text, c))
      signs_gone += U' ';
  }
  std::u32string result;
  int removed = 0;
  for (size_t i = 0; i < signs_gone.size(); ++i) {
    const bool before_digit = i + 1 < signs_gone.size() && models::is_digit(signs_gone[i + 1]);
    if (signs_gone[i] == U'.' && !before_digit && removed < kPeriodsRemoved)
      ++removed;
    else
      result += signs_gone[i];
  }
  return result;
}

}  // namespace

std::string vqa_trimmed(std::string_view answer) { return models::encode_utf8(trimmed(answer)); }

std::string vqa_punctuation(std::string_view answer) {
  return models::encode_utf8(without_punctuation(models::decode_utf8(answer)));
}

std::string vqa_normalised(std::string_view answer) {
  const std::u32string text = models::lower_text(without_punctuation(trimmed(answer)));
  std::string result;
  for (const std::string& word : split_words(models::encode_utf8(text))) {
    const std::string digits = vqa_digits(word);
    if (digits == "a" || digits == "an" || digits == "the") continue;
    result += (result.empty() ? "" : " ") + vqa_contraction(digits);
  }
  return result;
}

double vqa_accuracy(std::string_view predicted, const std::vector<std::string>& answers) {
  if (answers.empty()) throw DataError("[vqa] a question has no answers to compare with");
  const std::string said = vqa_normalised(predicted);
  const bool all_equal =
      std::all_of(answers.begin(), answers.end(), [&](auto& a) { return a == answers.front(); });
  std::vector<bool> matches;
  for (const std::string& answer : answers)
    matches.push_back((all_equal ? answer : vqa_punctuation(answer)) == said);
  const auto total = std::count(matches.begin(), matches.end(), true);
  double sum = 0;
  for (const bool own : matches) sum += std::min(1.0, static_cast<double>(total - own) / 3);
  return sum / static_cast<double>(answers.size());
}

}  // namespace medley::train
