// Sizes that drawing negatives is tested on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct SamplingCase {
  int64_t batch = 0;
};

inline std::vector<SamplingCase> sampling_cases() { return {{1}, {2}, {3}, {17}, {200}}; }

}  // namespace medley::cases
