// Attention forward in bf16 where all keys of a (block, head) fit in shared memory: they are copied
// once for all of its queries, there is one barrier, and warps then work on their own. Shared
// memory and warps are as many as the longest block needs, so that short texts, too, fill a
// multiprocessor.
#include <algorithm>

#include "kernels/cuda/attention_forward.h"
#include "kernels/cuda/attention_warp.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

// 48 keys in registers at a time and two thread blocks of 7 warps on a multiprocessor: 128
// registers. With dropout, which long self-attention has not, they would spill.
constexpr int kStep = 48, kWarps = 7, kWarpRows = 16;
template <bool kDropout>
constexpr int kThreadBlocks = kDropout ? 1 : 2;

// blockIdx.x: block * heads + head, blockIdx.y: part of the query rows. key_rows: room for keys, a
// multiple of 16 and not less than any block's.
// registers: 151
template <int D, bool kDropout>
__global__ void __launch_bounds__(32 * kWarps, kThreadBlocks<kDropout>)
    attention_resident_kernel(const AttentionForward<bf16> args, const int key_rows,
                              const AttentionFaults faults) {
  using Warp = AttentionWarp<D, kWarpRows / 16, kStep, kDropout>;
  MEDLEY_SHARED(memory);
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  bf16* const keys = reinterpret_cast<bf16*>(memory);  // [key_rows, D]
  bf16* const values = keys + key_rows * D;
  bf16* const tile = values + (key_rows + thread / 32 * kWarpRows) * D;

  const auto heads = static_cast<uint32_t>(args.shape.heads);
  const uint32_t pair = blockIdx.x;
  const int head = static_cast<int>(pair % heads);
  const AttentionBlock block = attention_block(args.shape, pair / heads, faults, key_rows);
  const bf16* const k = args.k + block.k0 * args.k_stride + head * D;
  const bf16* const v = args.v + block.k0 * args.v_stride + head * D;
  const int rows = (block.lk + 15) / 16 * 16;
  load_tile<D>(keys, k, args.k_stride, 0, rows, block.lk, thread, threads);
  load_tile<D>(values, v, args.v_stride, 0, rows, block.lk, thread, threads);
  const int first = (static_cast<int>(blockIdx.y) * threads + thread) / 32 * kWarpRows;
  Warp::fetch(tile, args, block, head, first);
  device::cp_async_commit();
  device::cp_async_wait<0>();
  __syncthreads();

  const int all_rows = static_cast<int>(gridDim.y) * threads / 32 * kWarpRows;
  for (int row = first; row < block.lq; row += all_rows) {
    if (row != first) {
      Warp::fetch(tile, args, block, head, row);
      device::cp_async_commit();
      device::cp_async_wait<0>();
      __syncwarp();
    }
    Warp warp(args.shape, block, pair, row);
    warp.take_q(tile);
    for (int step = 0; step < block.lk; step += kStep)
      warp.step(keys + step * D, values + step * D, step);
    warp.store(tile, args, head);
  }
}

template <int D, bool kDropout>
void launch_resident(const AttentionForward<bf16>& args, const AttentionFaults& faults,
                     Stream stream) {
  const int64_t key_rows = divide_up(longest_k(args.shape), 16) * 16;
  // As few rounds of tiles as kWarps allow, as few warps as those need. More than two rounds are
  // shared among thread blocks.
  const int64_t tiles = divide_up(longest_q(args.shape), kWarpRows);
  const int64_t rounds = divide_up(tiles, kWarps), warps = divide_up(tiles, rounds);
  dim3 grid = grid_of("attention_forward", args.shape.blocks * args.shape.heads);
  grid.y = static_cast<uint32_t>(std::min<int64_t>(divide_up(rounds, 2), 65535));
  launch(attention_resident_kernel<D, kDropout>,
         {.kernel = "attention_resident",
          .grid = grid,
          .block = dim3(static_cast<uint32_t>(32 * warps)),
          .shared = static_cast<size_t>((2 * key_rows + warps * kWarpRows) * D) * sizeof(bf16)},
         stream, args, static_cast<int>(key_rows), faults);
}

}  // namespace

// Head dims 32 and 64. At 128 the keys of 197 rows would fill the multiprocessor with one thread
// block.
void attention_resident(const AttentionForward<bf16>& args, const AttentionFaults& faults,
                        Stream stream) {
  with_dropout(args.shape, [&](auto dropout) {
    if (args.shape.head_dim == 32)
      launch_resident<32, dropout()>(args, faults, stream);
    else
      launch_resident<64, dropout()>(args, faults, stream);
  });
}

}  // namespace medley::kernels::cuda
