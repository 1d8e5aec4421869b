// "did you mean": the candidates near to a mistyped word.
#pragma once

#include <string>
#include <vector>

namespace medley {

// ", did you mean 'epochs'?" for the candidate within edit distance max(2, length / 3), else "".
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

// All candidates, the nearest first; those that are equally near keep their order.
std::vector<std::string> nearest_first(const std::string& word,
                                       std::vector<std::string> candidates);

}  // namespace medley
