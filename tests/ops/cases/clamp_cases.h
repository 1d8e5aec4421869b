// Sizes that clamping is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct ClampCase {
  int64_t n = 0;
};

inline std::vector<ClampCase> clamp_cases() { return {{0}, {1}, {31}, {5003}}; }

}  // namespace medley::cases
