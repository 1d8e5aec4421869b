// Sums and maxima over a warp or a block, in an order that depends on the block's size alone. Every
// thread takes part and gets the result.
#pragma once

#include "kernels/cuda/device/shuffle.h"

namespace medley::kernels::cuda::device {

// A butterfly: after the step of distance d, lanes whose numbers differ in the bits done so far
// hold the same value, bit for bit.
template <class T, class Combine>
MEDLEY_DEVICE T warp_reduce(T value, Combine combine, Line line = Line::here()) {
  MEDLEY_UNROLL
  for (int distance = 16; distance > 0; distance /= 2)
    value = combine(value, shuffle_xor(value, distance, line));
  return value;
}

struct Sum {
  template <class T>
  MEDLEY_DEVICE T operator()(T a, T b) const {
    return a + b;
  }
};
struct Maximum {
  template <class T>
  MEDLEY_DEVICE T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};

template <class T>
MEDLEY_DEVICE T warp_sum(T value, Line line = Line::here()) {
  return warp_reduce(value, Sum(), line);
}
template <class T>
MEDLEY_DEVICE T warp_max(T value, Line line = Line::here()) {
  return warp_reduce(value, Maximum(), line);
}

// The block is one-dimensional and made of whole warps. `shared` has room for one T a warp; it may
// be used again as soon as the call returns.
template <class T, class Combine>
MEDLEY_DEVICE T block_reduce(T value, T* shared, Combine combine, Line line = Line::here()) {
  const int warps = static_cast<int>(blockDim.x) / 32;
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  value = warp_reduce(value, combine, line);
  if (warps == 1) return value;
  if (lane == 0) shared[warp] = value;
  synchronize_block(line);
  value = shared[0];
  for (int i = 1; i < warps; ++i) value = combine(value, shared[i]);
  synchronize_block(line);
  return value;
}

template <class T>
MEDLEY_DEVICE T block_sum(T value, T* shared, Line line = Line::here()) {
  return block_reduce(value, shared, Sum(), line);
}
template <class T>
MEDLEY_DEVICE T block_max(T value, T* shared, Line line = Line::here()) {
  return block_reduce(value, shared, Maximum(), line);
}

}  // namespace medley::kernels::cuda::device
