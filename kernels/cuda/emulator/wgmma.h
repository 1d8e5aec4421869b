// wgmma of sm_90a: matrix products of a warpgroup, four warps, with operands in shared memory, that
// run while its threads go on (PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions"). Model
// of the bf16 forms m64nNk16 with both operands K-major in 128-byte swizzled tiles. Accumulators
// read as NaN from the issue until the wait.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "kernels/cuda/emulator/line.h"
#include "kernels/cuda/emulator/sanitizer.h"

namespace medley::kernels::cuda::emulator {

struct Wgmma {
  int columns = 0;  // N
  uint64_t a = 0, b = 0;
  bool accumulate = false;
  std::vector<float>* sum = nullptr;  // [128 threads][N / 2]
  bool done = false;
};

struct Warpgroup {
  int arrived = 0;
  bool fenced = false;
  Meeting meeting{};
  std::vector<float*> accumulators;                   // [128]: of the operation at which they meet
  std::map<float*, std::vector<float>> sums;          // in flight, by thread 0's accumulators
  std::vector<Wgmma> open;                            // not committed
  std::deque<std::vector<Wgmma>> groups;              // committed, oldest first
  std::map<float*, std::vector<float*>> destination;  // [128] for each of `sums`
};

void wgmma_fence(Line line);
// accumulators: this thread's N / 2 (PTX ISA, "Matrix fragments for wgmma.mma_async.m64nNk16").
void wgmma(float* accumulators, int columns, uint64_t a, uint64_t b, bool accumulate, Line line);
void wgmma_commit(Line line);
void wgmma_wait(size_t groups_left, Line line);

}  // namespace medley::kernels::cuda::emulator
