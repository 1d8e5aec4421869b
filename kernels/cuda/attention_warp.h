// Attention forward of 16 M query rows by one warp, on tensor cores (mma.m16n8k16). Scores never
// leave the registers: the accumulators of S = Q K^T, made probabilities, are the A operand of O +=
// P V as they stand (Dao 2023, FlashAttention-2, section 3). The softmax is online and in base 2
// (Milakov and Gimelshein 2018): keys may come in any number of steps.
//
// Accumulators: lane 4 g + t holds rows g and g + 8 of 16, columns 2 t and 2 t + 1 of 8;
// x[.][2 * h + i] is row g + 8 h, column 2 t + i.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/attention.h"
#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/math.h"
#include "kernels/cuda/device/mma.h"
#include "kernels/cuda/device/vector.h"

namespace medley::kernels::cuda {

// Keys are computed in groups of 16, the depth of one mma of P V, and not beyond the last one that
// a row sees: 197 keys cost 208, whatever kStep is. kStep keys are in registers at a time.
template <int D, int M, int kStep, bool kDropout>
class AttentionWarp {
 public:
  static constexpr int kRows = 16 * M;

  // Rows row .. row + kRows - 1 of a query block; those at lq and beyond compute and are not
  // stored. `pair` is block * heads + head.
  MEDLEY_DEVICE AttentionWarp(const AttentionShape<bf16>& shape, const AttentionBlock& block,
                              uint32_t pair, int row)
      : shape_(shape),
        block_(block),
        pair_(pair),
        row_(row),
        least_visible_(block.visible(row, shape.causal)),
        most_visible_(row < block.lq ? block.visible(min(row + kRows, block.lq) - 1, shape.causal)
                                     : 0),
        lane_(static_cast<int>(threadIdx.x % 32)),
        fragments_(lane_) {
    MEDLEY_UNROLL
    for (int m = 0; m < M; ++m) {
      for (int h = 0; h < 2; ++h) largest_[m][h] = -INFINITY, sum_[m][h] = 0;
      MEDLEY_UNROLL
      for (int n = 0; n < D / 8; ++n) {
        for (int i = 0; i < 4; ++i) out_[m][n][i] = 0;
      }
    }
  }

  // Starts copying q into this warp's tile [kRows, D].
  static MEDLEY_DEVICE void fetch(bf16* tile, const AttentionForward<bf16>& args,
                                  const AttentionBlock& block, int head, int row) {
    load_tile<D>(tile, args.q + block.q0 * args.q_stride + head * D, args.q_stride, row, kRows,
                 block.lq, static_cast<int>(threadIdx.x % 32), 32);
  }
  MEDLEY_DEVICE void take_q(const bf16* tile) {
    for (int m = 0; m < M; ++m)
      for (int d = 0; d < D / 16; ++d) fragments_.a(q_[m][d], tile, 16 * m, 16 * d);
    __syncwarp();  // before store() writes to the tile
  }

  // Keys first .. first + kStep - 1, which lie in tiles [kStep, D].
  MEDLEY_DEVICE void step(const bf16* keys, const bf16* values, int first) {
    if (first + kStep <= most_visible_)
      step<true>(keys, values, first);
    else if (first < most_visible_)
      step<false>(keys, values, first);
  }

  // Writes o and lse, by way of this warp's tile, so that each lane stores 16 bytes at once. A lane
  // reads the chunks that it fills in fetch(): the next one needs no barrier.
  MEDLEY_DEVICE void store(bf16* tile, const AttentionForward<bf16>& args, int head) {
    const int g = lane_ / 4, t = lane_ % 4;
    MEDLEY_UNROLL
    for (int m = 0; m < M; ++m) {
      MEDLEY_UNROLL
      for (int h = 0; h < 2; ++h) {
        const float sum = quad_sum(sum_[m][h]);
        const float kept = kDropout ? shape_.dropout.scale() : 1.0f;
        const float inverse = sum == 0 ? 0 : kept / sum;
        const int row = 16 * m + g + 8 * h;
        if (args.lse != nullptr && t == 0 && row_ + row < block_.lq)
          args.lse[head * shape_.q_rows + block_.q0 + row_ + row] =
              sum == 0 ? -INFINITY : base(largest_[m][h]) * device::kLn2 + logf(sum);
        MEDLEY_UNROLL
        for (int n = 0; n < D / 8; ++n)
          device::store(
              tile + swizzle<D>(row, 8 * n + 2 * t),
              device::pack_bf16(out_[m][n][2 * h] * inverse, out_[m][n][2 * h + 1] * inverse));
      }
    }
    __syncwarp();
    constexpr int kChunks = D / 8;
    bf16* const o = args.o + (block_.q0 + row_) * args.o_stride + head * D;
    for (int i = lane_; i < kRows * kChunks; i += 32) {
      const int row = i / kChunks, column = i % kChunks * 8;
      if (row_ + row < block_.lq)
        device::store(o + row * args.o_stride + column,
                      device::load<uint4>(tile + swizzle<D>(row, column)));
    }
  }

 private:
  using Scores = float[M][kStep / 8][4];
  using Packed = uint32_t[M][kStep / 8][2];  // two columns of row g + 8 h as bf16: [m][n][h]

  // kFull: no group of keys needs to be left out, and the compiler may interleave all of them.
  template <bool kFull>
  MEDLEY_DEVICE void step(const bf16* keys, const bf16* values, int first) {
    Scores s;
    scores<kFull>(keys, most_visible_ - first, s);
    if (first + kStep > least_visible_) mask(first, s);
    for (int m = 0; m < M; ++m)
      for (int h = 0; h < 2; ++h) softmax(m, h, first, s[m]);
    Packed p;
    for (int m = 0; m < M; ++m)
      for (int n = 0; n < kStep / 8; ++n)
        for (int h = 0; h < 2; ++h)
          p[m][n][h] = device::pack_bf16(s[m][n][2 * h], s[m][n][2 * h + 1]);
    if constexpr (kDropout) drop(first, p);
    multiply<kFull>(values, most_visible_ - first, p);
  }

  // s = q keys^T, without scale; 0 for groups at `count` keys and beyond.
  template <bool kFull>
  MEDLEY_DEVICE void scores(const bf16* keys, int count, Scores& s) const {
    for (int n = 0; n < kStep / 8; n += 2) {
      for (int m = 0; m < M; ++m)
        for (int i = 0; i < 4; ++i) s[m][n][i] = s[m][n + 1][i] = 0;
      if (!kFull && 8 * n >= count) continue;
      for (int d = 0; d < D / 16; ++d) {
        uint32_t k[4];
        fragments_.b_of_transposed(k, keys, 8 * n, 16 * d);
        for (int m = 0; m < M; ++m) {
          device::mma_m16n8k16(s[m][n], q_[m][d], {k[0], k[1]});
          device::mma_m16n8k16(s[m][n + 1], q_[m][d], {k[2], k[3]});
        }
      }
    }
  }

  MEDLEY_DEVICE void mask(int first, Scores& s) const {
    const int g = lane_ / 4, t = lane_ % 4;
    for (int m = 0; m < M; ++m)
      for (int h = 0; h < 2; ++h) {
        const int visible = block_.visible(row_ + 16 * m + g + 8 * h, shape_.causal) - first;
        for (int n = 0; n < kStep / 8; ++n)
          for (int i = 0; i < 2; ++i)
            if (8 * n + 2 * t + i >= visible) s[m][n][2 * h + i] = -INFINITY;
      }
  }

  // A row's largest score as an exponent of 2; 0 while it has seen nothing, since -inf - -inf is
  // NaN.
  MEDLEY_DEVICE float base(float largest) const {
    return largest == -INFINITY ? 0 : largest * (shape_.scale * device::kLog2e);
  }

  // One row: s becomes 2^(s - base), and what was summed before is scaled to the new base.
  MEDLEY_DEVICE void softmax(int m, int h, int first, float (&s)[kStep / 8][4]) {
    float largest = largest_[m][h];
    for (int n = 0; n < kStep / 8; ++n)
      largest = fmaxf(largest, fmaxf(s[n][2 * h], s[n][2 * h + 1]));
    largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 1));
    largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 2));
    const float scale = shape_.scale * device::kLog2e, shift = base(largest);
    float sum = 0;
    for (int n = 0; n < kStep / 8; ++n)
      for (int i = 2 * h; i < 2 * h + 2; ++i)
        sum += s[n][i] = device::exp2_approx(fmaf(s[n][i], scale, -shift));
    if (first > 0) {
      const float correction = device::exp2_approx(fmaf(largest_[m][h], scale, -shift));
      sum = fmaf(sum_[m][h], correction, sum);
      for (int n = 0; n < D / 8; ++n) {
        out_[m][n][2 * h] *= correction;
        out_[m][n][2 * h + 1] *= correction;
      }
    }
    largest_[m][h] = largest;
    sum_[m][h] = sum;
  }

  MEDLEY_DEVICE void drop(int first, Packed& p) const {
    const int g = lane_ / 4, t = lane_ % 4;
    MEDLEY_UNROLL
    for (int m = 0; m < M; ++m) {
      MEDLEY_UNROLL
      for (int h = 0; h < 2; ++h) {
        const auto row = static_cast<uint32_t>(row_ + 16 * m + g + 8 * h);
        MEDLEY_UNROLL
        for (int n = 0; n < kStep / 8; n += 4) {
          const uint32_t bits = dropout_bits_of_quad(shape_.dropout, pair_, row,
                                                     static_cast<uint32_t>(first / 8 + n));
          MEDLEY_UNROLL
          for (int j = n; j < n + 4 && j < kStep / 8; ++j) {
            const uint32_t pair = bits >> (8 * (j - n) + 2 * t);
            p[m][j][h] &= ((pair & 1) != 0 ? 0xffffu : 0u) | ((pair & 2) != 0 ? 0xffff0000u : 0u);
          }
        }
      }
    }
  }

  // out += p values.
  template <bool kFull>
  MEDLEY_DEVICE void multiply(const bf16* values, int count, const Packed& p) {
    for (int k = 0; k < kStep / 8; k += 2) {
      if (!kFull && 8 * k >= count) continue;
      for (int n = 0; n < D / 8; n += 2) {
        uint32_t v[4];
        fragments_.b(v, values, 8 * k, 8 * n);
        for (int m = 0; m < M; ++m) {
          const uint32_t a[4] = {p[m][k][0], p[m][k][1], p[m][k + 1][0], p[m][k + 1][1]};
          device::mma_m16n8k16(out_[m][n], a, {v[0], v[1]});
          device::mma_m16n8k16(out_[m][n + 1], a, {v[2], v[3]});
        }
      }
    }
  }

  static MEDLEY_DEVICE float quad_sum(float x) {
    x += __shfl_xor_sync(~0u, x, 1);
    return x + __shfl_xor_sync(~0u, x, 2);
  }

  const AttentionShape<bf16>& shape_;
  const AttentionBlock block_;
  const uint32_t pair_;
  const int row_, least_visible_, most_visible_;  // the latter two: over all rows of the warp
  const int lane_;
  const Fragments<D> fragments_;
  uint32_t q_[M][D / 16][4];
  float out_[M][D / 8][4];
  float largest_[M][2], sum_[M][2];  // of rows g, g + 8; the sum over this lane's columns
};

}  // namespace medley::kernels::cuda
