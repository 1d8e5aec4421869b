// Barriers of a block: number 0 is __syncthreads, 1 to 15 are named. Each orders memory among the
// threads that take part.
#pragma once

#include "kernels/cuda/emulator/line.h"

namespace medley::kernels::cuda::emulator {

// All threads of the block, none of which may have left the kernel before. Returns for how many the
// predicate was true.
int block_barrier(const char* operation, bool predicate, Line line);
// `threads`, a multiple of 32, counts those that arrive and those that wait.
void named_barrier_sync(int id, int threads, Line line);
void named_barrier_arrive(int id, int threads, Line line);

}  // namespace medley::kernels::cuda::emulator
