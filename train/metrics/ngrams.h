// Texts as numbered words, and how often each run of n words occurs in them: what BLEU and CIDEr
// count.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace medley::train {

inline constexpr size_t kLongestGram = 4;

// A text as it was said and every text that is right for it, in tokens with spaces between them.
struct ScoredText {
  std::string said;
  std::vector<std::string> references;
};

// At white space of any kind, as Python's str.split().
std::vector<std::string> split_words(std::string_view text);

// Equal words get equal numbers.
class WordIds {
 public:
  std::vector<int32_t> ids(std::string_view text);

 private:
  std::unordered_map<std::string, int32_t> known_;
};

// Up to four words; the rest is -1.
using Gram = std::array<int32_t, kLongestGram>;
// Sorted by gram, so that two of them are compared in one pass.
using GramCounts = std::vector<std::pair<Gram, int64_t>>;
GramCounts count_grams(const std::vector<int32_t>& words, size_t n);

// Calls both(gram, count in a, count in b) for every gram that both have.
template <class Both>
void for_common(const GramCounts& a, const GramCounts& b, const Both& both) {
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() && y != b.end()) {
    if (x->first < y->first) {
      ++x;
    } else if (y->first < x->first) {
      ++y;
    } else {
      both(x->first, x->second, y->second);
      ++x, ++y;
    }
  }
}

}  // namespace medley::train
