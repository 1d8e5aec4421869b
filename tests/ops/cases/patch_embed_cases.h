// Sizes that patch embedding is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct PatchEmbedCase {
  int64_t batch = 0, side = 0, patch = 0, width = 0;
};

inline std::vector<PatchEmbedCase> patch_embed_cases() {
  return {{1, 4, 2, 5}, {2, 6, 3, 8}, {3, 48, 8, 96}, {2, 32, 16, 33}};
}

}  // namespace medley::cases
