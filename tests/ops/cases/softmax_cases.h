// Sizes that softmax is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct SoftmaxCase {
  int64_t rows = 0, n = 0;
};

inline std::vector<SoftmaxCase> softmax_cases() {
  return {{0, 5}, {1, 1}, {37, 2}, {3, 768}, {500, 97}};
}

}  // namespace medley::cases
