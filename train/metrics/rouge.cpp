// The longest common subsequence by dynamic programming.
#include "train/metrics/rouge.h"

#include <algorithm>

namespace medley::train {
namespace {

using Tokens = std::vector<std::string_view>;

Tokens split_at_spaces(std::string_view text) {
  Tokens tokens;
  for (size_t begin = 0;;) {
    const size_t end = text.find(' ', begin);
    tokens.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return tokens;
    begin = end + 1;
  }
}

size_t common_subsequence(const Tokens& a, const Tokens& b) {
  std::vector<size_t> row(b.size() + 1, 0);  // row[j]: of what was seen of a and the first j of b
  for (const std::string_view token : a) {
    size_t diagonal = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = token == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

double rouge_l(const ScoredText& text) {
  constexpr double kBeta = 1.2;
  const Tokens said = split_at_spaces(text.said);
  double precision = 0, recall = 0;
  for (const std::string& reference : text.references) {
    const Tokens tokens = split_at_spaces(reference);
    const auto common = static_cast<double>(common_subsequence(said, tokens));
    precision = std::max(precision, common / static_cast<double>(said.size()));
    recall = std::max(recall, common / static_cast<double>(tokens.size()));
  }
  if (precision == 0 || recall == 0) return 0;
  return (1 + kBeta * kBeta) * precision * recall / (recall + kBeta * kBeta * precision);
}

}  // namespace medley::train
