// Runs a grid of emulated blocks, spread over medley's thread pool (MEDLEY_THREADS=1: one after the
// other on the calling thread). What a block computes depends on the seed, the kernel's name and
// the block, not on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "kernels/cuda/emulator/limits.h"
#include "kernels/cuda/emulator/vector_types.h"

namespace medley::kernels::cuda::emulator {

struct Options {
  uint64_t seed = 0;                  // of the schedule; 0: threads in order
  bool count_accesses = false;        // sectors and bank conflicts (access.h); costs time
  Architecture architecture = kSm90;  // whose limits hold
  bool matmul_epilogue = true;        // false: matmul() adds nothing, as a library may refuse to
};
// Of the process; set while no kernel runs. At first from MEDLEY_EMULATOR_SEED and
// MEDLEY_EMULATOR_COUNTERS.
Options& options();

// body: the kernel with its arguments. Throws DeviceError for a launch that the architecture would
// refuse and KernelError for the first bug found in the kernel.
void run(const char* kernel, dim3 grid, dim3 block, size_t shared_bytes,
         const std::function<void()>& body);

}  // namespace medley::kernels::cuda::emulator
