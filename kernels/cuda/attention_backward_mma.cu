// Attention backward in bf16 on tensor cores (mma.m16n8k16), one owner for each (key block, head).
// Its warps hold 32 keys each, all keys of the key block in one step or in as few equal steps as
// fit, and query rows walk past in tiles of 32. Scores are computed transposed, S^T = K Q^T: so the
// accumulators of P^T and dS^T are A operands of dV and dK as they stand, and only dS goes through
// shared memory, for dQ = dS K. S and dP are computed once.
//   dQ of a tile is complete after one step. With more steps it is summed in f32 in global memory,
// by the same threads, one step after the other. No atomics and no second kernel, and the order of
// every sum is that of keys and rows, however many warps share the work.
#include "kernels/cuda/attention_backward.h"
#include "kernels/cuda/attention_backward_groups.h"
#include "kernels/cuda/attention_backward_query.h"
#include "kernels/cuda/attention_backward_rows.h"
#include "kernels/cuda/attention_backward_warp.h"
#include "kernels/cuda/attention_launch.h"
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/shuffle.h"
#include "kernels/cuda/device/vector.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

// Thread `thread` copies the chunks of q, d_o and o that it will itself take delta from.
template <int D>
struct QueryTile {
  bf16 *q, *d_o;  // two of [kTileRows, D]: one in use, one on its way
  bf16* o;        // [kTileRows, D]

  MEDLEY_DEVICE void fetch(const AttentionBackward<bf16>& args, const TileRows& rows, int head,
                           int buffer) const {
    for_each_chunk([&](int row, int column) {
      const int32_t from = rows.row[row];
      const bool valid = from >= 0;
      const int64_t in_q = valid ? from * args.q_stride + head * D + column : 0;
      const int64_t in_o = valid ? from * args.o_stride + head * D + column : 0;
      const int at = swizzle<D>(row, column);
      device::cp_async16(q + buffer * kTileRows * D + at, args.q + in_q, valid);
      device::cp_async16(d_o + buffer * kTileRows * D + at, args.d_o + in_o, valid);
      device::cp_async16(o + at, args.o + in_o, valid);
    });
  }

  // After the thread has waited for its copies: no barrier is needed to read one's own.
  MEDLEY_DEVICE void finish(TileRows& rows, int buffer) const {
    for_each_chunk([&](int row, int column) {
      const int at = swizzle<D>(row, column);
      const uint4 x = device::load<uint4>(o + at);
      const uint4 y = device::load<uint4>(d_o + buffer * kTileRows * D + at);
      float sum = dot(x.x, y.x) + dot(x.y, y.y) + dot(x.z, y.z) + dot(x.w, y.w);
#pragma unroll
      for (int lanes = D / 16; lanes > 0; lanes /= 2) sum += device::shuffle_xor(sum, lanes);
      if (column == 0) rows.delta[row] = sum;
    });
  }

 private:
  template <class F>
  static MEDLEY_DEVICE void for_each_chunk(const F& f) {
    constexpr int kChunks = D / 8;
    for (int i = static_cast<int>(threadIdx.x); i < kTileRows * kChunks;
         i += static_cast<int>(blockDim.x))
      f(i / kChunks, i % kChunks * 8);
  }
  static MEDLEY_DEVICE float dot(uint32_t x, uint32_t y) {
    const float2 a = device::unpack_bf16(x), b = device::unpack_bf16(y);
    return fmaf(a.x, b.x, a.y * b.y);
  }
};

// Shared memory of queries and their rows.
template <int D>
constexpr size_t kFixedBytes = (5 * kTileRows * D * sizeof(bf16) + 3 * sizeof(TileRows) +
                                sizeof(QueryWalk) + 127) /
                               128 * 128;

// blockIdx.x: key block * heads + head. dq_sums: [q_rows, heads * D] where keys take several steps,
// else null.
// registers: 255
template <int D, bool kDropout>
__global__ void __launch_bounds__(32 * kMostWarps)
    attention_backward_kernel(const AttentionBackward<bf16> args, const QueryGroups groups,
                              float* const dq_sums, const AttentionFaults faults) {
  MEDLEY_SHARED(memory);
  const AttentionShape<bf16>& shape = args.shape;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int warp = thread / 32, warps = threads / 32, tile_keys = warp_keys(D) * warps;
  const int32_t j = static_cast<int32_t>(blockIdx.x / static_cast<uint32_t>(shape.heads));
  const int head = static_cast<int>(blockIdx.x % static_cast<uint32_t>(shape.heads));

  // What does not depend on the number of warps comes first, at constant addresses.
  bf16* const q = reinterpret_cast<bf16*>(memory);
  const QueryTile<D> queries{q, q + 2 * kTileRows * D, q + 4 * kTileRows * D};
  // Three: dQ of one tile is being stored while the next arrives and the one behind is looked up.
  TileRows* const rows = reinterpret_cast<TileRows*>(queries.o + kTileRows * D);
  QueryWalk& walk = *reinterpret_cast<QueryWalk*>(rows + 3);
  bf16* const keys = reinterpret_cast<bf16*>(memory + kFixedBytes<D>);
  bf16* const values = keys + tile_keys * D;
  bf16* const ds = values + tile_keys * D;

  AttentionRows key_rows =
      attention_rows(shape.cu_k, j, shape.kv_blocks, shape.k_rows, faults.cu_k);
  if (dq_sums == nullptr && key_rows.count > tile_keys) {
    device::raise_fault(faults.key_length, device::FaultKind::index_out_of_range, j, key_rows.count,
                        tile_keys + 1);
    key_rows.count = 0;
  }
  const bf16* const k = args.k + key_rows.first * args.k_stride + head * D;
  const bf16* const v = args.v + key_rows.first * args.v_stride + head * D;
  const bool looks_up = warp == warps - 1;

  for (int first = 0; first == 0 || first < key_rows.count; first += tile_keys) {
    const bool last = first + tile_keys >= key_rows.count;
    load_tile<D>(keys, k, args.k_stride, first, tile_keys, key_rows.count, thread, threads);
    load_tile<D>(values, v, args.v_stride, first, tile_keys, key_rows.count, thread, threads);
    if (looks_up) {
      if (thread % 32 == 0) walk.start(groups, j, key_rows.count);
      __syncwarp();
      walk.next(shape, groups, args.lse, head, faults.cu_q, rows[0]);
      walk.next(shape, groups, args.lse, head, faults.cu_q, rows[1]);
    }
    __syncthreads();
    queries.fetch(args, rows[0], head, 0);
    device::cp_async_commit();

    BackwardWarp<D, kDropout> gradients(shape, warp);
    for (int tile = 0; rows[tile % 3].count > 0; ++tile) {
      TileRows& now = rows[tile % 3];
      const int buffer = tile % 2;
      device::cp_async_wait<0>();
      queries.finish(now, buffer);
      __syncthreads();  // this tile is there, and nobody works on the one before any more
      const TileRows& next = rows[(tile + 1) % 3];
      if (next.count > 0) queries.fetch(args, next, head, 1 - buffer);
      device::cp_async_commit();
      bf16* const q_now = queries.q + buffer * kTileRows * D;
      gradients.step(keys, values, q_now, queries.d_o + buffer * kTileRows * D, now, first, ds);
      __syncthreads();  // dS is complete, and nobody needs this tile's q
      if (looks_up) walk.next(shape, groups, args.lse, head, faults.cu_q, rows[(tile + 2) % 3]);
      for (int column = 16 * warp; column < D; column += 16 * warps) {
        QueryGradient<D> dq(args, now, head, column);
        if (first > 0) dq.load(dq_sums);
        dq.add(ds, keys, min(now.seen - first, tile_keys));
        last ? dq.store(q_now) : dq.save(dq_sums);
      }
    }
    device::cp_async_wait<0>();  // for keys and values, where there was no row
    __syncthreads();             // dQ needs keys no more
    gradients.store(args, key_rows, first, head, keys, values);
    if (!last) __syncthreads();  // before keys, values and rows are filled again
  }
}

template <int D, bool kDropout>
void launch_backward(const AttentionBackward<bf16>& args, KeyLayout layout,
                     const AttentionFaults& faults, Stream stream) {
  const AttentionShape<bf16>& shape = args.shape;
  const QueryGrouping grouping(shape, faults, stream);
  // Never empty where there are steps: null says that there is one.
  const Scratch<float> dq_sums(
      layout.steps == 1 ? 0 : std::max<int64_t>(shape.q_rows, 1) * shape.heads * D);
  launch(attention_backward_kernel<D, kDropout>,
         {.kernel = "attention_backward",
          .grid = grid_of("attention_backward", shape.kv_blocks * shape.heads),
          .block = dim3(static_cast<uint32_t>(32 * layout.warps)),
          .shared = attention_backward_mma_bytes(D, layout.warps)},
         stream, args, grouping.groups(), dq_sums.data(), faults);
}

}  // namespace

size_t attention_backward_mma_bytes(int64_t head_dim, int warps) {
  const size_t fixed = head_dim == 32   ? kFixedBytes<32>
                       : head_dim == 64 ? kFixedBytes<64>
                                        : kFixedBytes<128>;
  const int64_t keys = warps * warp_keys(head_dim);
  return fixed + static_cast<size_t>(keys * (2 * head_dim + kTileRows)) * sizeof(bf16);
}

void attention_backward_mma(const AttentionBackward<bf16>& args, KeyLayout layout,
                            const AttentionFaults& faults, Stream stream) {
  with_head_dim(args.shape, [&](auto head_dim) {
    with_dropout(args.shape, [&](auto dropout) {
      launch_backward<head_dim, dropout>(args, layout, faults, stream);
    });
  });
}

}  // namespace medley::kernels::cuda
