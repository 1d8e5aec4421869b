// Named barriers: 1 to 15 of a block, for some of its warps (0 is __syncthreads). `threads`, a
// multiple of 32, counts those that wait and those that only arrive.
#pragma once

#include "kernels/cuda/device/line.h"

namespace medley::kernels::cuda::device {

MEDLEY_DEVICE void named_barrier_sync(int id, int threads,
                                      [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
#else
  emulator::named_barrier_sync(id, threads, line);
#endif
}

MEDLEY_DEVICE void named_barrier_arrive(int id, int threads,
                                        [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
#else
  emulator::named_barrier_arrive(id, threads, line);
#endif
}

}  // namespace medley::kernels::cuda::device
