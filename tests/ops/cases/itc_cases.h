// Sizes that the contrastive loss is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct ItcCase {
  int64_t batch = 0, queue = 0, n = 0;
};

inline std::vector<ItcCase> itc_cases() {
  return {{2, 0, 4}, {5, 3, 7}, {8, 0, 96}, {16, 37, 96}, {3, 100, 5}, {1, 0, 96}, {128, 1900, 24}};
}

}  // namespace medley::cases
