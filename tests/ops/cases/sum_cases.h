// Sizes that sums are tested on: nothing, one, all of a tensor, the last dimension, one in the
// middle, the first; more than one chunk and more than one piece of columns.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct SumCase {
  int64_t outer = 0, n = 0, inner = 0;
};

inline std::vector<SumCase> sum_cases() {
  return {{1, 0, 1},  {0, 3, 2},  {2, 0, 3},    {1, 1, 1},     {1, 40009, 1},
          {37, 5, 1}, {3, 97, 7}, {2, 197, 96}, {1, 67, 1031}, {1, 20011, 3}};
}

}  // namespace medley::cases
