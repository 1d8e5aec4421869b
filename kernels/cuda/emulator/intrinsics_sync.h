// CUDA's built-in functions in which threads meet, in the global namespace as there. The last
// parameter is the caller's line.
#pragma once

#include "kernels/cuda/emulator/barrier.h"
#include "kernels/cuda/emulator/collective.h"
#include "kernels/cuda/emulator/memory.h"
#include "kernels/cuda/emulator/shuffle.h"

#define MEDLEY_CALLER                                  \
  const ::medley::kernels::cuda::emulator::Line line = \
      ::medley::kernels::cuda::emulator::Line::here()

inline void __syncthreads(MEDLEY_CALLER) {
  medley::kernels::cuda::emulator::block_barrier("__syncthreads", false, line);
}
inline int __syncthreads_count(int predicate, MEDLEY_CALLER) {
  return medley::kernels::cuda::emulator::block_barrier("__syncthreads_count", predicate != 0,
                                                        line);
}
inline int __syncthreads_or(int predicate, MEDLEY_CALLER) {
  return medley::kernels::cuda::emulator::block_barrier("__syncthreads_or", predicate != 0, line) >
         0;
}
inline int __syncthreads_and(int predicate, MEDLEY_CALLER) {
  return medley::kernels::cuda::emulator::block_barrier("__syncthreads_and", predicate == 0,
                                                        line) == 0;
}
inline void __syncwarp(unsigned mask = ~0u, MEDLEY_CALLER) {
  medley::kernels::cuda::emulator::warp_barrier(mask, line);
}

#define MEDLEY_SHUFFLE(name, mode)                                                                \
  template <::medley::kernels::cuda::emulator::Shuffled T>                                        \
  T name(unsigned mask, T value, int operand, int width = 32, MEDLEY_CALLER) {                    \
    return ::medley::kernels::cuda::emulator::shuffle(                                            \
        #name, ::medley::kernels::cuda::emulator::ShuffleMode::mode, mask, value, operand, width, \
        line);                                                                                    \
  }
MEDLEY_SHUFFLE(__shfl_sync, index)
MEDLEY_SHUFFLE(__shfl_up_sync, up)
MEDLEY_SHUFFLE(__shfl_down_sync, down)
MEDLEY_SHUFFLE(__shfl_xor_sync, exclusive_or)
#undef MEDLEY_SHUFFLE

inline unsigned __ballot_sync(unsigned mask, int predicate, MEDLEY_CALLER) {
  return medley::kernels::cuda::emulator::ballot("__ballot_sync", mask, predicate != 0, line);
}
inline int __any_sync(unsigned mask, int predicate, MEDLEY_CALLER) {
  return medley::kernels::cuda::emulator::ballot("__any_sync", mask, predicate != 0, line) != 0;
}
inline int __all_sync(unsigned mask, int predicate, MEDLEY_CALLER) {
  return medley::kernels::cuda::emulator::ballot("__all_sync", mask, predicate != 0, line) == mask;
}
#undef MEDLEY_CALLER

// Orders the caller's writes before what other threads read after a fence of their own.
inline void __threadfence() { medley::kernels::cuda::emulator::memory_fence(); }
inline void __threadfence_block() { medley::kernels::cuda::emulator::memory_fence(); }
