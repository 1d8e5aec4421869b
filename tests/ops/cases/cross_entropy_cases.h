// Sizes that cross-entropy is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct CrossEntropyCase {
  int64_t rows = 0, classes = 0;
};

inline std::vector<CrossEntropyCase> cross_entropy_cases() {
  return {{0, 5}, {1, 1}, {37, 2}, {7, 3}, {197, 400}, {5, 30524}};
}

}  // namespace medley::cases
