// How the accumulators of mma.m16n8k16 get into a tile of bf16 in shared memory.
#pragma once

#include "core/bf16.h"
#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/vector.h"

namespace medley::kernels::cuda {

// Writes accumulators into a swizzled tile [., D]: elements g, 2 t and 2 t + 1 of the 8 x 8 part
// that starts at (row, column). Only one offset depends on the lane; parts add to it or XOR.
template <int D>
class Put {
 public:
  MEDLEY_DEVICE explicit Put(int lane) : offset_(swizzle<D>(lane / 4, lane % 4 * 2)) {}
  MEDLEY_DEVICE void operator()(bf16* tile, int row, int column, float x, float y) const {
    device::store(tile + row * D + (offset_ ^ column), device::pack_bf16(x, y));
  }

 private:
  int offset_;
};

}  // namespace medley::kernels::cuda
