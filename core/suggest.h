// "did you mean": the candidate nearest to a mistyped word.
#pragma once

#include <string>
#include <vector>

namespace medley {

// ", did you mean 'epochs'?" for the candidate within edit distance max(2, length / 3), else "".
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace medley
