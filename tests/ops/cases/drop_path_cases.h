// The shapes that stochastic depth is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct DropPathCase {
  int64_t samples = 0, n = 0;
  float p = 0;
};

inline std::vector<DropPathCase> drop_path_cases() {
  return {{0, 5, 0.5f}, {3, 0, 0.5f}, {1, 1, 0.9f}, {7, 37, 0.1f}, {16, 5000, 0.5f}, {5, 40000, 0}};
}

}  // namespace medley::cases
