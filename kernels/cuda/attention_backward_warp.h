// One warp's share of attention backward on tensor cores: dK and dV of its keys, and dS for others.
//   S^T = K Q^T, dP^T = V dO^T     [keys, rows]
//   dV += (P o M)^T dO,  dS = P o (dP o M - delta),  dK += scale dS^T Q
// with M the dropout factors (Dao et al. 2022, FlashAttention, appendix B.4).
//
// Accumulators: lane 4 g + t holds rows g and g + 8 of 16, columns 2 t and 2 t + 1 of 8;
// x[.][2 * h + i] is row g + 8 h, column 2 t + i. Here rows are keys and columns are query rows.
#pragma once

#include <cstdint>

#include "kernels/attention.h"
#include "kernels/cuda/attention_backward.h"
#include "kernels/cuda/attention_backward_accumulators.h"
#include "kernels/cuda/attention_backward_rows.h"
#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/math.h"
#include "kernels/cuda/device/mma.h"
#include "kernels/cuda/device/shuffle.h"
#include "kernels/cuda/device/vector.h"

namespace medley::kernels::cuda {

template <int D, bool kDropout>
class BackwardWarp {
 public:
  MEDLEY_DEVICE BackwardWarp(const AttentionShape<bf16>& shape, int warp)
      : shape_(shape), key_(16 * M * warp), fragments_(lane()) {}

  // One tile of rows against this warp's keys in the tiles keys and values, whose first key is key
  // `first` of the key block. Adds to dk and dv, and writes dS as [keys, kTileRows]; that of warps
  // whose keys nobody sees is left as it is, and so are rows behind the last.
  MEDLEY_DEVICE void step(const bf16* keys, const bf16* values, const bf16* q, const bf16* d_o,
                          const TileRows& rows, int first, bf16* ds) {
    if (first + key_ >= rows.seen) return;
    const uint32_t keep = kDropout ? keep_bits(rows, first + key_) : 0;
#pragma unroll 1
    for (int row = 0; row < rows.count; row += kStepRows) {
      Scores p, dp;
      multiply(keys, q + row * D, p);
      multiply(values, d_o + row * D, dp);
      differentiate(rows, row, first + key_, keep, p, dp);
      keep_ds(dp, ds, row);
      add_product(p, d_o + row * D, dv_);
      add_product(dp, q + row * D, dk_);
    }
  }

  // Writes dk and dv. The tiles keys and values are free by now: this warp's rows of them serve to
  // store whole chunks of 16 bytes.
  MEDLEY_DEVICE void store(const AttentionBackward<bf16>& args, const AttentionRows& rows,
                           int first, int head, bf16* keys, bf16* values) const {
    const int count = rows.count - first - key_;
    const int64_t row = rows.first + first + key_;
    store_rows(dk_, shape_.scale, keys, args.dk + row * args.dk_stride + head * D, args.dk_stride,
               count);
    store_rows(dv_, kDropout ? shape_.dropout.scale() : 1.0f, values,
               args.dv + row * args.dv_stride + head * D, args.dv_stride, count);
  }

 private:
  static constexpr int M = warp_keys(D) / 16;
  // Query rows at a time: what registers are left for.
  static constexpr int kStepRows = 32 / M;
  using Scores = float[M][kStepRows / 8][4];
  using Sums = float[M][D / 8][4];

  static MEDLEY_DEVICE int lane() { return static_cast<int>(threadIdx.x % 32); }

  // out = (this warp's rows of x) y^T, with y [kStepRows, D].
  MEDLEY_DEVICE void multiply(const bf16* x, const bf16* y, Scores& out) const {
#pragma unroll
    for (int m = 0; m < M; ++m)
#pragma unroll
      for (int n = 0; n < kStepRows / 8; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) out[m][n][i] = 0;
#pragma unroll
    for (int d = 0; d < D; d += 16) {
      uint32_t a[M][4];
#pragma unroll
      for (int m = 0; m < M; ++m) fragments_.a(a[m], x, key_ + 16 * m, d);
#pragma unroll
      for (int n = 0; n < kStepRows / 8; n += 2) {
        uint32_t b[4];
        fragments_.b_of_transposed(b, y, 8 * n, d);
#pragma unroll
        for (int m = 0; m < M; ++m) {
          device::mma_m16n8k16(out[m][n], a[m], {b[0], b[1]});
          device::mma_m16n8k16(out[m][n + 1], a[m], {b[2], b[3]});
        }
      }
    }
  }

  // Bit i: whether row lane() keeps key + i.
  MEDLEY_DEVICE uint32_t keep_bits(const TileRows& rows, int key) const {
    uint32_t bits = 0;
#pragma unroll
    for (int c = 0; c < 2 * M; ++c)
      bits |= dropout_bits(shape_.dropout, rows.pair[lane()], rows.in_block[lane()],
                           static_cast<uint32_t>(key / 8 + c))
              << (8 * c);
    return bits;
  }

  // From scores and dP of rows first_row and on: p becomes what multiplies dO (without the factor
  // of dropout, which dv gets at the end), dp becomes dS without scale. `key` is this warp's first.
  MEDLEY_DEVICE void differentiate(const TileRows& rows, int first_row, int key, uint32_t keep,
                                   Scores& p, Scores& dp) const {
    const int g = lane() / 4, t = lane() % 4;
    const float scale = shape_.scale * device::kLog2e;
    const float kept = kDropout ? shape_.dropout.scale() : 1.0f;
#pragma unroll
    for (int n = 0; n < kStepRows / 8; ++n)
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const int row = first_row + 8 * n + 2 * t + i;
        const int visible = rows.visible[row] - key - g;
        const float shift = rows.lse[row] * device::kLog2e, delta = rows.delta[row];
        const uint32_t bits = kDropout ? device::shuffle(keep, row) >> g : 0;
#pragma unroll
        for (int m = 0; m < M; ++m)
#pragma unroll
          for (int h = 0; h < 2; ++h) {
            float& x = p[m][n][2 * h + i];
            float& dx = dp[m][n][2 * h + i];
            x = 16 * m + 8 * h < visible ? device::exp2_approx(fmaf(x, scale, -shift)) : 0;
            if constexpr (kDropout) {
              const bool keeps = (bits >> (16 * m + 8 * h) & 1) != 0;
              dx = x * ((keeps ? dx * kept : 0) - delta);
              x = keeps ? x : 0;
            } else {
              dx = x * (dx - delta);
            }
          }
      }
  }

  // Rows first_row and on of dS.
  MEDLEY_DEVICE void keep_ds(const Scores& x, bf16* ds, int first_row) const {
    const Put<kTileRows> put(lane());
#pragma unroll
    for (int m = 0; m < M; ++m)
#pragma unroll
      for (int n = 0; n < kStepRows / 8; ++n)
#pragma unroll
        for (int h = 0; h < 2; ++h)
          put(ds, key_ + 16 * m + 8 * h, first_row + 8 * n, x[m][n][2 * h], x[m][n][2 * h + 1]);
  }

  // sums += x y, with y [kStepRows, D].
  MEDLEY_DEVICE void add_product(const Scores& x, const bf16* y, Sums& sums) const {
#pragma unroll
    for (int k = 0; k < kStepRows / 16; ++k) {
      uint32_t a[M][4];
#pragma unroll
      for (int m = 0; m < M; ++m)
#pragma unroll
        for (int i = 0; i < 4; ++i)
          a[m][i] =
              device::pack_bf16(x[m][2 * k + i / 2][i % 2 * 2], x[m][2 * k + i / 2][i % 2 * 2 + 1]);
#pragma unroll
      for (int n = 0; n < D / 8; n += 2) {
        uint32_t b[4];
        fragments_.b(b, y, 16 * k, 8 * n);
#pragma unroll
        for (int m = 0; m < M; ++m) {
          device::mma_m16n8k16(sums[m][n], a[m], {b[0], b[1]});
          device::mma_m16n8k16(sums[m][n + 1], a[m], {b[2], b[3]});
        }
      }
    }
  }

  MEDLEY_DEVICE void store_rows(const Sums& sums, float factor, bf16* tile, bf16* out,
                                int64_t stride, int count) const {
    const Put<D> put(lane());
#pragma unroll
    for (int m = 0; m < M; ++m)
#pragma unroll
      for (int n = 0; n < D / 8; ++n)
#pragma unroll
        for (int h = 0; h < 2; ++h)
          put(tile, key_ + 16 * m + 8 * h, 8 * n, sums[m][n][2 * h] * factor,
              sums[m][n][2 * h + 1] * factor);
    __syncwarp();
    constexpr int kChunks = D / 8;
#pragma unroll 1
    for (int i = lane(); i < 16 * M * kChunks; i += 32) {
      const int row = i / kChunks, column = i % kChunks * 8;
      if (row < count)
        device::store(out + row * stride + column,
                      device::load<uint4>(tile + swizzle<D>(key_ + row, column)));
    }
  }

  const AttentionShape<bf16>& shape_;
  const int key_;  // first of this warp's keys, in the tiles
  const Fragments<D> fragments_;
  Sums dk_ = {}, dv_ = {};
};

}  // namespace medley::kernels::cuda
