// Attention forward in bf16 for any lengths: a thread block takes up to four warps of query rows of
// one (block, head), and keys and values stream past in steps, the next being copied while one is
// computed.
#include <algorithm>

#include "kernels/cuda/attention_forward.h"
#include "kernels/cuda/attention_warp.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

constexpr int kWarps = 4;

// 32 rows a warp halve the reads of shared memory for each mma; at head dim 128 there are not
// enough registers for them. Nor are there for 64 keys and dropout's draws.
template <int D, bool kDropout>
constexpr int kStep = D == 64 && kDropout ? 32 : 64;
template <int D, bool kDropout>
using Warp = AttentionWarp<D, D == 128 ? 1 : 2, kStep<D, kDropout>, kDropout>;

// One thread block for each of `tiles` tiles of each (block, head); a query block longer than that
// many tiles takes more than one pass.
// registers: 249
template <int D, bool kDropout>
__global__ void __launch_bounds__(32 * kWarps)
    attention_streamed_kernel(const AttentionForward<bf16> args, const uint32_t tiles,
                              const AttentionFaults faults) {
  MEDLEY_SHARED(memory);
  constexpr int kWarpRows = Warp<D, kDropout>::kRows, kKeys = kStep<D, kDropout>;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int tile_rows = threads / 32 * kWarpRows;
  bf16* const queries = reinterpret_cast<bf16*>(memory);  // [tile_rows, D]
  bf16* const keys = queries + tile_rows * D;             // two of [kKeys, D]
  bf16* const values = keys + 2 * kKeys * D;

  const auto heads = static_cast<uint32_t>(args.shape.heads);
  const uint32_t pair = blockIdx.x / tiles;
  const int head = static_cast<int>(pair % heads);
  const AttentionBlock block = attention_block(args.shape, pair / heads, faults);
  const bf16* const k = args.k + block.k0 * args.k_stride + head * D;
  const bf16* const v = args.v + block.k0 * args.v_stride + head * D;

  // Last tiles first: under a causal mask they see the most keys, and what takes longest should not
  // start last.
  int tile_row = static_cast<int>(tiles - 1 - blockIdx.x % tiles) * tile_rows;
  for (; tile_row < block.lq; tile_row += static_cast<int>(tiles) * tile_rows) {
    const int row = tile_row + thread / 32 * kWarpRows;
    bf16* const tile = queries + (row - tile_row) * D;
    const int seen = block.visible(min(tile_row + tile_rows, block.lq) - 1, args.shape.causal);
    const auto fetch_step = [&](int step) {
      const int at = step % 2 * kKeys * D;
      load_tile<D>(keys + at, k, args.k_stride, step * kKeys, kKeys, seen, thread, threads);
      load_tile<D>(values + at, v, args.v_stride, step * kKeys, kKeys, seen, thread, threads);
      device::cp_async_commit();
    };
    Warp<D, kDropout> warp(args.shape, block, pair, row);
    if (seen > 0) {
      warp.fetch(tile, args, block, head, row);
      fetch_step(0);
    }
    for (int step = 0; step * kKeys < seen; ++step) {
      device::cp_async_wait<0>();
      __syncthreads();  // this step is there, and nobody reads the one before any more
      if ((step + 1) * kKeys < seen) fetch_step(step + 1);
      if (step == 0) warp.take_q(tile);
      const int at = step % 2 * kKeys * D;
      warp.step(keys + at, values + at, step * kKeys);
    }
    warp.store(tile, args, head);
    __syncthreads();  // before the next pass copies over keys
  }
}

template <int D, bool kDropout>
void launch_streamed(const AttentionForward<bf16>& args, const AttentionFaults& faults,
                     Stream stream) {
  constexpr int64_t kWarpRows = Warp<D, kDropout>::kRows, kKeys = kStep<D, kDropout>;
  const int64_t warps = std::min<int64_t>(kWarps, divide_up(longest_q(args.shape), kWarpRows));
  const int64_t tiles = divide_up(longest_q(args.shape), warps * kWarpRows);
  launch(attention_streamed_kernel<D, kDropout>,
         {.kernel = "attention_streamed",
          .grid = grid_of("attention_forward", args.shape.blocks * args.shape.heads, tiles),
          .block = dim3(static_cast<uint32_t>(32 * warps)),
          .shared = static_cast<size_t>((warps * kWarpRows + 4 * kKeys) * D) * sizeof(bf16)},
         stream, args, static_cast<uint32_t>(tiles), faults);
}

}  // namespace

void attention_streamed(const AttentionForward<bf16>& args, const AttentionFaults& faults,
                        Stream stream) {
  with_head_dim(args.shape, [&](auto d) {
    with_dropout(args.shape,
                 [&](auto dropout) { launch_streamed<d(), dropout()>(args, faults, stream); });
  });
}

}  // namespace medley::kernels::cuda
