// cp.async: copies from global to shared memory that land some time between their issue and the
// wait for their group. The model picks the worst: all at the wait for seed 0, for other seeds half
// of them at once, so that both a missing wait and a buffer that is still being read show.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "kernels/cuda/emulator/line.h"

namespace medley::kernels::cuda::emulator {

struct AsyncCopy {
  void* shared;
  const void* global;
  size_t bytes;
  bool valid;  // false: zeros, and nothing is read
  Line line;
  bool landed = false;
};

// Of one thread.
struct AsyncCopies {
  std::vector<AsyncCopy> open;                // not committed yet
  std::deque<std::vector<AsyncCopy>> groups;  // committed, oldest first
};

void cp_async(void* shared, const void* global, size_t bytes, bool valid, Line line);
void cp_async_commit();
void cp_async_wait(size_t groups_left);
// The running thread leaves the kernel: what it did not commit is an error, the rest lands.
void finish_async_copies();

}  // namespace medley::kernels::cuda::emulator
