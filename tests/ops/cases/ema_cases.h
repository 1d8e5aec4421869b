// Sizes that the moving average is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct EmaCase {
  int64_t n = 0;
};

inline std::vector<EmaCase> ema_cases() { return {{0}, {1}, {31}, {100003}}; }

}  // namespace medley::cases
