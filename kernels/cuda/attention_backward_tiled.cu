// Attention backward in f32, for head dims 32, 64 and 128: one owner for each (key block, head). 64
// keys at a time lie in shared memory, and query rows walk past in tiles of 32; scores and their
// gradients meet the other products in shared memory. dk and dv stay in registers; dq is added to
// by the same threads, one step of keys after the other.
#include <cmath>

#include "kernels/cuda/attention_backward.h"
#include "kernels/cuda/attention_backward_groups.h"
#include "kernels/cuda/attention_backward_rows.h"
#include "kernels/cuda/device/shuffle.h"
#include "kernels/cuda/device/vector.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

constexpr int kThreads = 256, kKeys = 64;

// Four floats of padding: threads that read neighbouring rows use different banks, and rows still
// start at multiples of 16 bytes.
template <int D>
struct Tiles {
  float keys[kKeys][D + 4], values[kKeys][D + 4];
  float q[kTileRows][D + 4], d_o[kTileRows][D + 4];
  float p[kTileRows][kKeys + 4], ds[kTileRows][kKeys + 4];
  TileRows rows;
  QueryWalk walk;
};

MEDLEY_DEVICE float dot(const float4& x, const float4& y, float sum) {
  return fmaf(x.w, y.w, fmaf(x.z, y.z, fmaf(x.y, y.y, fmaf(x.x, y.x, sum))));
}

// As 16 x 16 threads: thread (y, x) has query rows 2 y, 2 y + 1 and keys x, x + 16, .. of the
// scores, keys 4 y .. 4 y + 3 and columns x, x + 16, .. of dk and dv.
template <int D>
class TiledBackward {
 public:
  MEDLEY_DEVICE TiledBackward(const AttentionBackward<float>& args, Tiles<D>& tiles, int head,
                              int first)
      : args_(args), tiles_(tiles), head_(head), first_(first) {}

  // `count` keys from `rows.first` on; zeros behind the last.
  MEDLEY_DEVICE void load_keys(const AttentionRows& rows) {
    for (int i = thread(); i < kKeys * D; i += kThreads) {
      const int key = i / D, d = i % D;
      const int64_t row = rows.first + first_ + key;
      const bool valid = first_ + key < rows.count;
      tiles_.keys[key][d] = valid ? args_.k[row * args_.k_stride + head_ * D + d] : 0;
      tiles_.values[key][d] = valid ? args_.v[row * args_.v_stride + head_ * D + d] : 0;
    }
  }

  MEDLEY_DEVICE void load_rows() {
    for (int i = thread(); i < kTileRows * D; i += kThreads) {
      const int r = i / D, d = i % D;
      const int64_t row = tiles_.rows.row[r];
      tiles_.q[r][d] = row >= 0 ? args_.q[row * args_.q_stride + head_ * D + d] : 0;
      tiles_.d_o[r][d] = row >= 0 ? args_.d_o[row * args_.o_stride + head_ * D + d] : 0;
    }
    constexpr int kLanes = kThreads / kTileRows;  // of a row
    const int r = thread() / kLanes;
    const int64_t row = tiles_.rows.row[r];
    float sum = 0;
    if (row >= 0)
      for (int d = thread() % kLanes; d < D; d += kLanes)
        sum = fmaf(args_.o[row * args_.o_stride + head_ * D + d],
                   args_.d_o[row * args_.o_stride + head_ * D + d], sum);
    for (int lanes = kLanes / 2; lanes > 0; lanes /= 2) sum += device::shuffle_xor(sum, lanes);
    if (thread() % kLanes == 0) tiles_.rows.delta[r] = sum;
  }

  // p o M and ds into shared memory.
  MEDLEY_DEVICE void score() {
    const AttentionShape<float>& shape = args_.shape;
    float s[2][4] = {}, dp[2][4] = {};
    for (int d = 0; d < D; d += 4) {
      float4 q[2], d_o[2];
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        q[r] = device::load<float4>(&tiles_.q[2 * y() + r][d]);
        d_o[r] = device::load<float4>(&tiles_.d_o[2 * y() + r][d]);
      }
#pragma unroll
      for (int c = 0; c < 4; ++c) {
        const float4 key = device::load<float4>(&tiles_.keys[x() + 16 * c][d]);
        const float4 value = device::load<float4>(&tiles_.values[x() + 16 * c][d]);
#pragma unroll
        for (int r = 0; r < 2; ++r) {
          s[r][c] = dot(q[r], key, s[r][c]);
          dp[r][c] = dot(d_o[r], value, dp[r][c]);
        }
      }
    }
#pragma unroll
    for (int r = 0; r < 2; ++r)
#pragma unroll
      for (int c = 0; c < 4; ++c) {
        const TileRows& rows = tiles_.rows;
        const int row = 2 * y() + r, key = x() + 16 * c;
        const float p =
            first_ + key < rows.visible[row] ? expf(fmaf(s[r][c], shape.scale, -rows.lse[row])) : 0;
        float factor = 1;
        if (shape.dropout.active())
          factor = dropout_keeps(shape.dropout, rows.pair[row], rows.in_block[row],
                                 static_cast<uint32_t>(first_ + key))
                       ? shape.dropout.scale()
                       : 0;
        tiles_.p[row][key] = p * factor;
        tiles_.ds[row][key] = p * (dp[r][c] * factor - rows.delta[row]);
      }
  }

  MEDLEY_DEVICE void add_to_keys() {
    for (int row = 0; row < tiles_.rows.count; ++row) {
      const float4 p = device::load<float4>(&tiles_.p[row][4 * y()]);
      const float4 ds = device::load<float4>(&tiles_.ds[row][4 * y()]);
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const float q = tiles_.q[row][x() + 16 * c], d_o = tiles_.d_o[row][x() + 16 * c];
        add(dv_, c, p, d_o);
        add(dk_, c, ds, q);
      }
    }
  }

  // dq = in the first step of keys, dq += in those behind it.
  MEDLEY_DEVICE void add_to_queries() {
    float sums[2][kColumns] = {};
    const int keys = min(tiles_.rows.seen - first_, kKeys);
    for (int key = 0; key < keys; ++key)
#pragma unroll
      for (int r = 0; r < 2; ++r)
#pragma unroll
        for (int c = 0; c < kColumns; ++c)
          sums[r][c] =
              fmaf(tiles_.ds[2 * y() + r][key], tiles_.keys[key][x() + 16 * c], sums[r][c]);
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int64_t row = tiles_.rows.row[2 * y() + r];
      if (row < 0) continue;
      float* const dq = args_.dq + row * args_.dq_stride + head_ * D;
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const float sum = args_.shape.scale * sums[r][c];
        dq[x() + 16 * c] = first_ == 0 ? sum : dq[x() + 16 * c] + sum;
      }
    }
  }

  MEDLEY_DEVICE void store(const AttentionRows& rows) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int key = first_ + 4 * y() + i;
      if (key >= rows.count) continue;
      const int64_t row = rows.first + key;
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const int column = head_ * D + x() + 16 * c;
        args_.dk[row * args_.dk_stride + column] = args_.shape.scale * dk_[i][c];
        args_.dv[row * args_.dv_stride + column] = dv_[i][c];
      }
    }
  }

 private:
  static constexpr int kColumns = D / 16;
  using Sums = float[4][kColumns];

  static MEDLEY_DEVICE int thread() { return static_cast<int>(threadIdx.x); }
  static MEDLEY_DEVICE int x() { return thread() % 16; }
  static MEDLEY_DEVICE int y() { return thread() / 16; }
  static MEDLEY_DEVICE void add(Sums& sums, int c, const float4& weights, float value) {
    sums[0][c] = fmaf(weights.x, value, sums[0][c]);
    sums[1][c] = fmaf(weights.y, value, sums[1][c]);
    sums[2][c] = fmaf(weights.z, value, sums[2][c]);
    sums[3][c] = fmaf(weights.w, value, sums[3][c]);
  }

  const AttentionBackward<float>& args_;
  Tiles<D>& tiles_;
  const int head_, first_;
  Sums dk_ = {}, dv_ = {};
};

// blockIdx.x: key block * heads + head.
// registers: 200
template <int D>
__global__ void __launch_bounds__(kThreads)
    attention_backward_tiled_kernel(const AttentionBackward<float> args, const QueryGroups groups,
                                    const AttentionFaults faults) {
  MEDLEY_SHARED(memory);
  Tiles<D>& tiles = *reinterpret_cast<Tiles<D>*>(memory);
  const AttentionShape<float>& shape = args.shape;
  const auto j = static_cast<int32_t>(blockIdx.x / static_cast<uint32_t>(shape.heads));
  const int head = static_cast<int>(blockIdx.x % static_cast<uint32_t>(shape.heads));
  const AttentionRows keys =
      attention_rows(shape.cu_k, j, shape.kv_blocks, shape.k_rows, faults.cu_k);
  const bool looks_up = threadIdx.x < 32;

  for (int first = 0; first == 0 || first < keys.count; first += kKeys) {
    TiledBackward<D> step(args, tiles, head, first);
    step.load_keys(keys);
    if (threadIdx.x == 0) tiles.walk.start(groups, j, keys.count);
    while (true) {
      __syncthreads();  // nobody reads the tile before any more
      if (looks_up) tiles.walk.next(shape, groups, args.lse, head, faults.cu_q, tiles.rows);
      __syncthreads();
      if (tiles.rows.count == 0) break;
      step.load_rows();
      __syncthreads();
      step.score();
      __syncthreads();
      step.add_to_keys();
      step.add_to_queries();
    }
    step.store(keys);
  }
}

}  // namespace

size_t attention_backward_tiled_bytes(int64_t head_dim) {
  return head_dim == 32   ? sizeof(Tiles<32>)
         : head_dim == 64 ? sizeof(Tiles<64>)
                          : sizeof(Tiles<128>);
}

void attention_backward_tiled(const AttentionBackward<float>& args, const AttentionFaults& faults,
                              Stream stream) {
  const QueryGrouping grouping(args.shape, faults, stream);
  with_head_dim(args.shape, [&](auto head_dim) {
    constexpr int D = head_dim;
    launch(attention_backward_tiled_kernel<D>,
           {.kernel = "attention_backward_tiled",
            .grid = grid_of("attention_backward", args.shape.kv_blocks * args.shape.heads),
            .block = dim3(kThreads),
            .shared = sizeof(Tiles<D>)},
           stream, args, grouping.groups(), faults);
  });
}

}  // namespace medley::kernels::cuda
