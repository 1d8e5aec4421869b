// Sizes that the product is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct MulCase {
  int64_t n = 0;
};

inline std::vector<MulCase> mul_cases() { return {{0}, {1}, {31}, {100003}}; }

}  // namespace medley::cases
