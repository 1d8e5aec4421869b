// Shuffles of a whole warp.
#pragma once

#include "kernels/cuda/device/line.h"

namespace medley::kernels::cuda::device {

inline constexpr unsigned kFullWarp = 0xffffffffu;

template <class T>
MEDLEY_DEVICE T shuffle_xor(T value, int lanes, [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  return __shfl_xor_sync(kFullWarp, value, lanes);
#else
  return __shfl_xor_sync(kFullWarp, value, lanes, 32, line);
#endif
}

template <class T>
MEDLEY_DEVICE T shuffle(T value, int lane, [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  return __shfl_sync(kFullWarp, value, lane);
#else
  return __shfl_sync(kFullWarp, value, lane, 32, line);
#endif
}

MEDLEY_DEVICE void synchronize_block([[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  __syncthreads();
#else
  __syncthreads(line);
#endif
}

}  // namespace medley::kernels::cuda::device
