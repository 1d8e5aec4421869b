// A 64 x 64 tile of a product of two matrices that are given as functions, in f32: what the
// contrastive loss multiplies with. Each of 256 threads has 4 x 4 elements.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/vector.h"

namespace medley::kernels::cuda {

inline constexpr int kTile = 64, kTileThreads = 256;

// Shared memory: kTileDepth rows of a^T and of b, padded so that rows stay 16-byte aligned and
// neighbours lie in other banks.
inline constexpr int kTileDepth = 16;
inline constexpr int kTileStride = kTile + 4;
inline constexpr size_t kTileBytes = 2 * kTileDepth * kTileStride * sizeof(float);

// Which index of b(p, j) should go from thread to thread, because it is contiguous in memory.
enum class Fastest { depth, column };

//   sum[r][c] += a(i, p) b(p, j) over p = begin .. end - 1,
//   for i = 4 (thread / 16) + r and j = 4 (thread % 16) + c
// a and b are asked for every i and j of the tile and give 0 outside their matrix; neighbours in p
// are contiguous in a.
template <Fastest kFastest, class A, class B>
MEDLEY_DEVICE void multiply_tile(float* shared, int64_t begin, int64_t end, const A& a, const B& b,
                                 float (&sum)[4][4]) {
  float* const at = shared;
  float* const bt = shared + kTileDepth * kTileStride;
  const int thread = static_cast<int>(threadIdx.x), rows = thread / 16 * 4,
            columns = thread % 16 * 4;
  for (int64_t p0 = begin; p0 < end; p0 += kTileDepth) {
    MEDLEY_UNROLL
    for (int k = thread; k < kTile * kTileDepth; k += kTileThreads) {
      const int i = k / kTileDepth, p = k % kTileDepth;
      at[p * kTileStride + i] = p0 + p < end ? a(i, p0 + p) : 0.0f;
      const int j = kFastest == Fastest::depth ? i : k % kTile;
      const int q = kFastest == Fastest::depth ? p : k / kTile;
      bt[q * kTileStride + j] = p0 + q < end ? b(p0 + q, j) : 0.0f;
    }
    __syncthreads();
    MEDLEY_UNROLL
    for (int p = 0; p < kTileDepth; ++p) {
      float x[4], y[4];
      device::load_vector(at + p * kTileStride + rows, x);
      device::load_vector(bt + p * kTileStride + columns, y);
      MEDLEY_UNROLL
      for (int r = 0; r < 4; ++r) {
        MEDLEY_UNROLL
        for (int c = 0; c < 4; ++c) sum[r][c] += x[r] * y[c];
      }
    }
    __syncthreads();
  }
}

}  // namespace medley::kernels::cuda
