// Attention forward in f32: the first step up from the naive kernel. A thread block of 16 x 16
// threads takes 64 query rows of one (block, head); keys and values pass through shared memory in
// tiles of 64, each read from there 64 times. Every thread makes 4 x 4 scores of a tile and 4 x D /
// 16 elements of the output.
#include <cmath>

#include "kernels/cuda/attention_forward.h"
#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/device/math.h"
#include "kernels/cuda/device/vector.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

constexpr int kTile = 64, kThreads = 256, kSide = 16, kEach = kTile / kSide;

// Rows of queries and keys have four floats more than D: 16 lanes that read 16 bytes of 16 rows
// meet 8 different groups of banks twice, which is what 256 bytes take.
template <int D>
struct TiledMemory {
  float queries[kTile][D + 4], keys[kTile][D + 4], values[kTile][D], p[kTile][kTile + 4];
  uint8_t kept[kTile][kTile / 8];  // dropout bits of p
};

template <int kPitch>
MEDLEY_DEVICE void load_rows(float (&to)[kTile][kPitch], const float* x, int64_t stride, int D,
                             int first, int count) {
  for (int i = static_cast<int>(threadIdx.x); i < kTile * D / 4; i += kThreads) {
    const int row = i / (D / 4), column = i % (D / 4) * 4;
    const bool valid = first + row < count;
    device::cp_async16(&to[row][column], valid ? x + (first + row) * stride + column : x, valid);
  }
}

// Largest or sum over the 16 lanes that share rows.
MEDLEY_DEVICE float row_max(float x) {
  for (int lanes = kSide / 2; lanes > 0; lanes /= 2) x = fmaxf(x, __shfl_xor_sync(~0u, x, lanes));
  return x;
}
MEDLEY_DEVICE float row_sum(float x) {
  for (int lanes = kSide / 2; lanes > 0; lanes /= 2) x += __shfl_xor_sync(~0u, x, lanes);
  return x;
}

// One tile of keys, `first` and following: s = scale log2(e) q k^T, rows 4 ty + i, columns tx + 16
// j; hidden ones -inf.
template <int D>
MEDLEY_DEVICE void tile_scores(const TiledMemory<D>& memory, int ty, int tx,
                               float (&s)[kEach][kEach]) {
  for (int d = 0; d < D; d += 4) {
    float4 k[kEach];
    for (int j = 0; j < kEach; ++j) k[j] = device::load<float4>(&memory.keys[tx + kSide * j][d]);
    for (int i = 0; i < kEach; ++i) {
      const float4 q = device::load<float4>(&memory.queries[kEach * ty + i][d]);
      for (int j = 0; j < kEach; ++j)
        s[i][j] += q.x * k[j].x + q.y * k[j].y + q.z * k[j].z + q.w * k[j].w;
    }
  }
}

// A block of threads for each of `tiles` tiles of each (block, head); a query block longer than
// that many tiles takes more than one pass.
// registers: 170
template <int D>
__global__ void __launch_bounds__(kThreads)
    attention_tiled_kernel(const AttentionForward<float> args, const uint32_t tiles,
                           const AttentionFaults faults) {
  MEDLEY_SHARED(bytes);
  auto& memory = *reinterpret_cast<TiledMemory<D>*>(bytes);
  const AttentionShape<float>& shape = args.shape;
  const auto heads = static_cast<uint32_t>(shape.heads);
  const uint32_t pair = blockIdx.x / tiles;
  const int head = static_cast<int>(pair % heads);
  const AttentionBlock block = attention_block(shape, pair / heads, faults);
  const float* const q = args.q + block.q0 * args.q_stride + head * D;
  const float* const k = args.k + block.k0 * args.k_stride + head * D;
  const float* const v = args.v + block.k0 * args.v_stride + head * D;
  const int tx = static_cast<int>(threadIdx.x) % kSide, ty = static_cast<int>(threadIdx.x) / kSide;
  const float scale = shape.scale * device::kLog2e;  // the softmax is in base 2

  int tile_row = static_cast<int>(blockIdx.x % tiles) * kTile;
  for (; tile_row < block.lq; tile_row += static_cast<int>(tiles) * kTile) {
    const int seen = block.visible(min(tile_row + kTile, block.lq) - 1, shape.causal);
    const int row = tile_row + kEach * ty;  // of this thread: the first of four
    float out[kEach][D / kSide] = {}, largest[kEach], sum[kEach] = {};
    for (float& x : largest) x = -INFINITY;
    if (seen > 0) load_rows(memory.queries, q, args.q_stride, D, tile_row, block.lq);

    for (int first = 0; first < seen; first += kTile) {
      load_rows(memory.keys, k, args.k_stride, D, first, seen);
      load_rows(memory.values, v, args.v_stride, D, first, seen);
      device::cp_async_commit();
      if (shape.dropout.active())
        for (int i = static_cast<int>(threadIdx.x); i < kTile * kTile / 8; i += kThreads)
          memory.kept[i / 8][i % 8] = static_cast<uint8_t>(
              dropout_bits(shape.dropout, pair, static_cast<uint32_t>(tile_row + i / 8),
                           static_cast<uint32_t>(first / 8 + i % 8)));
      device::cp_async_wait<0>();
      __syncthreads();

      float s[kEach][kEach] = {};
      tile_scores(memory, ty, tx, s);
      for (int i = 0; i < kEach; ++i) {
        const int visible = block.visible(row + i, shape.causal) - first;
        float tile_largest = largest[i];
        for (int j = 0; j < kEach; ++j) {
          s[i][j] = tx + kSide * j < visible ? s[i][j] * scale : -INFINITY;
          tile_largest = fmaxf(tile_largest, s[i][j]);
        }
        tile_largest = row_max(tile_largest);
        // -inf - -inf would be NaN: a row that has seen nothing takes 0 off.
        const float shift = tile_largest == -INFINITY ? 0 : tile_largest;
        const float correction = exp2f(largest[i] - shift);
        largest[i] = tile_largest;
        sum[i] *= correction;
        for (float& x : out[i]) x *= correction;
        for (int j = 0; j < kEach; ++j) {
          const int column = tx + kSide * j;
          const float p = exp2f(s[i][j] - shift);
          sum[i] += p;
          const bool keeps = !shape.dropout.active() ||
                             (memory.kept[kEach * ty + i][column / 8] >> column % 8 & 1) != 0;
          memory.p[kEach * ty + i][column] = keeps ? p : 0;
        }
      }
      __syncwarp();  // rows of p are written and read by one half of a warp
      for (int key = 0; key < kTile; ++key)
        for (int c = 0; c < D / kSide; ++c)
          for (int i = 0; i < kEach; ++i)
            out[i][c] += memory.p[kEach * ty + i][key] * memory.values[key][tx + kSide * c];
      __syncthreads();  // before the next tile is copied over this one
    }

    const float kept = shape.dropout.active() ? shape.dropout.scale() : 1.0f;
    for (int i = 0; i < kEach; ++i) {
      const float total = row_sum(sum[i]), inverse = total == 0 ? 0 : kept / total;
      if (row + i >= block.lq) continue;
      float* const o = args.o + (block.q0 + row + i) * args.o_stride + head * D;
      for (int c = 0; c < D / kSide; ++c) o[tx + kSide * c] = out[i][c] * inverse;
      if (args.lse != nullptr && tx == 0)
        args.lse[head * shape.q_rows + block.q0 + row + i] =
            total == 0 ? -INFINITY : largest[i] * device::kLn2 + logf(total);
    }
  }
}

}  // namespace

size_t attention_tiled_bytes(int64_t head_dim) {
  return head_dim == 32   ? sizeof(TiledMemory<32>)
         : head_dim == 64 ? sizeof(TiledMemory<64>)
                          : sizeof(TiledMemory<128>);
}

void attention_tiled(const AttentionForward<float>& args, const AttentionFaults& faults,
                     Stream stream) {
  const int64_t tiles = divide_up(longest_q(args.shape), kTile);
  with_head_dim(args.shape, [&](auto d) {
    launch(attention_tiled_kernel<d()>,
           {.kernel = "attention_tiled",
            .grid = grid_of("attention_forward", args.shape.blocks * args.shape.heads, tiles),
            .block = dim3(kThreads),
            .shared = sizeof(TiledMemory<d()>)},
           stream, args, static_cast<uint32_t>(tiles), faults);
  });
}

}  // namespace medley::kernels::cuda
