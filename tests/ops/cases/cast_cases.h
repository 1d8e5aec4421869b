// Sizes that conversion between element types is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct CastCase {
  int64_t n = 0;
};

inline std::vector<CastCase> cast_cases() { return {{0}, {1}, {7}, {8}, {1000}, {200003}}; }

}  // namespace medley::cases
