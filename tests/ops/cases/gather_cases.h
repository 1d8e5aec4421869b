// Sizes that row gathering is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct GatherCase {
  int64_t count = 0, n = 0;
};

inline std::vector<GatherCase> gather_cases() {
  return {{0, 4}, {1, 1}, {9, 5}, {400, 96}, {37, 768}, {1000, 260}};
}

}  // namespace medley::cases
