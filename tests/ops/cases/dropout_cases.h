// The shapes that dropout is tested and measured on.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::cases {

struct DropoutCase {
  int64_t rows = 0, n = 0;
  float p = 0;
};

inline std::vector<DropoutCase> dropout_cases() {
  return {{0, 5, 0.5f},     {3, 0, 0.5f},   {1, 1, 0.5f},   {1, 7, 0.1f},    {7, 8, 0.1f},
          {13, 9, 0.3f},    {5, 197, 0.1f}, {64, 96, 0.1f}, {37, 129, 0.9f}, {200, 3, 0.1f},
          {31, 768, 0.25f}, {9, 1024, 0},   {3, 50, 1e-6f}, {100, 577, 0.5f}};
}

}  // namespace medley::cases
