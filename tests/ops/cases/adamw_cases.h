// Sizes that AdamW is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct AdamWCase {
  int64_t n = 0;
};

inline std::vector<AdamWCase> adamw_cases() { return {{0}, {1}, {31}, {100003}}; }

}  // namespace medley::cases
