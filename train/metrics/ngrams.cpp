// Sorting puts equal grams side by side.
#include "train/metrics/ngrams.h"

#include <algorithm>

#include "models/text/unicode.h"

namespace medley::train {

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  bool fresh = true;
  for (const char32_t c : models::decode_utf8(text)) {
    const bool space = models::is_space(c);
    if (!space && fresh) words.emplace_back();
    if (!space) models::append_utf8(words.back(), c);
    fresh = space;
  }
  return words;
}

std::vector<int32_t> WordIds::ids(std::string_view text) {
  std::vector<int32_t> ids;
  for (const std::string& word : split_words(text))
    ids.push_back(known_.emplace(word, static_cast<int32_t>(known_.size())).first->second);
  return ids;
}

GramCounts count_grams(const std::vector<int32_t>& words, size_t n) {
  std::vector<Gram> grams;
  for (size_t i = 0; i + n <= words.size(); ++i) {
    Gram& gram = grams.emplace_back();
    gram.fill(-1);
    std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(i), n, gram.begin());
  }
  std::sort(grams.begin(), grams.end());
  GramCounts counts;
  for (const Gram& gram : grams) {
    if (counts.empty() || counts.back().first != gram) counts.push_back({gram, 0});
    ++counts.back().second;
  }
  return counts;
}

}  // namespace medley::train
