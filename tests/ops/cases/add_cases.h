// Sizes that the sum is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct AddCase {
  int64_t n = 0;
};

inline std::vector<AddCase> add_cases() { return {{0}, {1}, {31}, {100003}}; }

}  // namespace medley::cases
