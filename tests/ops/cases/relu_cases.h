// Sizes that ReLU is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct ReluCase {
  int64_t n = 0;
};

inline std::vector<ReluCase> relu_cases() { return {{0}, {1}, {7}, {1000}}; }

}  // namespace medley::cases
