// dQ = scale dS K on tensor cores. Accumulators: lane 4 g + t holds rows g and g + 8 of 16,
// columns 2 t and 2 t + 1 of 8; x[.][2 * h + i] is row g + 8 h, column 2 t + i.
#pragma once

#include <cstdint>

#include "kernels/attention.h"
#include "kernels/cuda/attention_backward_accumulators.h"
#include "kernels/cuda/attention_backward_rows.h"
#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/device/mma.h"
#include "kernels/cuda/device/vector.h"

namespace medley::kernels::cuda {

// dQ of a tile, 16 columns of it, by one warp.
template <int D>
class QueryGradient {
 public:
  MEDLEY_DEVICE QueryGradient(const AttentionBackward<bf16>& args, const TileRows& rows, int head,
                              int column)
      : args_(args), rows_(rows), head_(head), column_(column) {}

  // += dS keys over `count` keys. ds and keys are what BackwardWarp left and read.
  MEDLEY_DEVICE void add(const bf16* ds, const bf16* keys, int count) {
    const Fragments<kTileRows> left(lane());
    const Fragments<D> right(lane());
    for (int k = 0; k < count; k += 16) {
      uint32_t b[4];
      right.b(b, keys, k, column_);
#pragma unroll
      for (int m = 0; m < M; ++m) {
        uint32_t a[4];
        left.a_of_transposed(a, ds, k, 16 * m);
        device::mma_m16n8k16(sum_[m][0], a, {b[0], b[1]});
        device::mma_m16n8k16(sum_[m][1], a, {b[2], b[3]});
      }
    }
  }

  // Between steps over keys the sums wait in f32, [q_rows, heads * D]. The same thread comes back
  // for them.
  MEDLEY_DEVICE void load(const float* sums) {
    for_each_pair([&](int64_t at, float& x, float& y) {
      const float2 both = device::load<float2>(sums + at);
      x = both.x, y = both.y;
    });
  }
  MEDLEY_DEVICE void save(float* sums) {
    for_each_pair(
        [&](int64_t at, float& x, float& y) { device::store(sums + at, make_float2(x, y)); });
  }

  // Writes dq. `tile` [kTileRows, D] is free: in this part of it rows are put together for stores
  // of 16 bytes.
  MEDLEY_DEVICE void store(bf16* tile) const {
    const Put<D> put(lane());
    const float scale = args_.shape.scale;
#pragma unroll
    for (int m = 0; m < M; ++m)
#pragma unroll
      for (int n = 0; n < 2; ++n)
#pragma unroll
        for (int h = 0; h < 2; ++h)
          put(tile, 16 * m + 8 * h, column_ + 8 * n, sum_[m][n][2 * h] * scale,
              sum_[m][n][2 * h + 1] * scale);
    __syncwarp();
#pragma unroll
    for (int m = 0; m < M; ++m) {
      const int row = 16 * m + row_of_store(), column = column_ + lane() % 2 * 8;
      const int64_t to = rows_.row[row];
      if (to >= 0)
        device::store(args_.dq + to * args_.dq_stride + head_ * D + column,
                      device::load<uint4>(tile + swizzle<D>(row, column)));
    }
  }

 private:
  static constexpr int M = kTileRows / 16;

  static MEDLEY_DEVICE int lane() { return static_cast<int>(threadIdx.x % 32); }

  // Two lanes store 32 bytes of a row. The eight that read shared memory at once have rows whose
  // swizzles differ: 0 2 4 6, or 0 1 4 5 where two rows share 128 bytes.
  static MEDLEY_DEVICE int row_of_store() {
    const int i = lane() / 2;
    return D >= 64 ? i % 8 * 2 + i / 8 : (i & 9) | (i & 2) << 1 | (i & 4) >> 1;
  }

  // f(offset in the sums, two neighbours of the accumulators)
  template <class F>
  MEDLEY_DEVICE void for_each_pair(const F& f) {
#pragma unroll
    for (int m = 0; m < M; ++m)
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        const int64_t row = rows_.row[16 * m + lane() / 4 + 8 * h];
        if (row < 0) continue;
        const int64_t at = (row * args_.shape.heads + head_) * D + column_ + lane() % 4 * 2;
#pragma unroll
        for (int n = 0; n < 2; ++n) f(at + 8 * n, sum_[m][n][2 * h], sum_[m][n][2 * h + 1]);
      }
  }

  const AttentionBackward<bf16>& args_;
  const TileRows& rows_;
  const int head_, column_;
  float sum_[M][2][4] = {};
};

}  // namespace medley::kernels::cuda
