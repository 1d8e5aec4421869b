// Sizes that normalising is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct NormalizeCase {
  int64_t rows = 0, n = 0;
};

inline std::vector<NormalizeCase> normalize_cases() { return {{0, 5}, {1, 1}, {3, 96}, {37, 129}}; }

}  // namespace medley::cases
