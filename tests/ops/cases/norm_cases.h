// Sizes that the squared norm is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct NormCase {
  int64_t n = 0;
};

inline std::vector<NormCase> norm_cases() { return {{0}, {1}, {4097}, {100003}}; }

}  // namespace medley::cases
