// Elementwise kernels over a flat range: each thread has eight elements.
#pragma once

#include <cstdint>

#include "kernels/cuda/eight.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {

inline constexpr int kFlatThreads = 256;

inline Launch over_flat(const char* kernel, int64_t n) {
  constexpr int64_t kPerBlock = 8 * kFlatThreads;
  return {.kernel = kernel, .grid = blocks_for(kernel, n, kPerBlock), .block = dim3(kFlatThreads)};
}

// The first of this thread's elements; may lie behind the end.
MEDLEY_DEVICE int64_t flat_index() {
  return 8 * (static_cast<int64_t>(blockIdx.x) * kFlatThreads + threadIdx.x);
}

}  // namespace medley::kernels::cuda
