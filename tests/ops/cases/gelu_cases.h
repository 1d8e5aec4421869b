// Sizes that GELU is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct GeluCase {
  int64_t n = 0;
};

inline std::vector<GeluCase> gelu_cases() { return {{0}, {1}, {7}, {96}, {1000}, {20011}}; }

}  // namespace medley::cases
