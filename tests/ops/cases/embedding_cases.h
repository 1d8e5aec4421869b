// Sizes that the embedding is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct EmbeddingCase {
  int64_t tokens = 0, n = 0;
};

inline std::vector<EmbeddingCase> embedding_cases() {
  return {{0, 4}, {1, 1}, {9, 5}, {400, 96}, {37, 768}, {1000, 260}};
}

}  // namespace medley::cases
