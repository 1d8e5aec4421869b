// Sizes that layer normalisation is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct LayerNormCase {
  int64_t rows = 0, n = 0;
};

inline std::vector<LayerNormCase> layernorm_cases() {
  return {{0, 5}, {1, 1}, {3, 2}, {1, 96}, {37, 97}, {197, 96}, {65, 768}};
}

}  // namespace medley::cases
