// Attention forward in bf16 where all keys of a (block, head) fit in shared memory: they are copied
// once for all of its queries, there is one barrier, and warps then work on their own. Long keys
// (pictures of up to 224 tokens) have a thread block for each (block, head); of short ones (texts
// of up to 48) four share a thread block, and no score is ever rescaled.
#include <algorithm>

#include "kernels/cuda/attention_forward.h"
#include "kernels/cuda/attention_warp.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

// A family: keys in registers at a time, (block, head) pairs of a thread block, warps of a pair at
// most, and thread blocks that must fit on a multiprocessor (which caps the registers).
struct Long {
  static constexpr int kStep = 48, kPairs = 1, kWarps = 7, kBlocks = 2;
};
struct Packed {
  static constexpr int kStep = 48, kPairs = 4, kWarps = 3, kBlocks = 1;
};

constexpr int kWarpRows = 16;

// blockIdx.y counts parts of the query rows. key_rows: room for keys, a multiple of 16 and not less
// than any block's.
// registers: 255
template <class Family, int D, bool kDropout>
__global__ void __launch_bounds__(32 * Family::kPairs * Family::kWarps, Family::kBlocks)
    attention_resident_kernel(const AttentionForward<bf16> args, const int key_rows,
                              const AttentionFaults faults) {
  using Warp = AttentionWarp<D, kWarpRows / 16, Family::kStep, kDropout>;
  MEDLEY_SHARED(memory);
  const int thread = static_cast<int>(threadIdx.x);
  const int group = static_cast<int>(blockDim.x) / Family::kPairs;  // threads of a pair
  const int of_group = thread % group;
  bf16* const keys = reinterpret_cast<bf16*>(memory) + thread / group * 2 * key_rows * D;
  bf16* const values = keys + key_rows * D;
  bf16* const tile = reinterpret_cast<bf16*>(memory) +
                     (Family::kPairs * 2 * key_rows + thread / 32 * kWarpRows) * D;

  const auto heads = static_cast<uint32_t>(args.shape.heads);
  const uint32_t pair = blockIdx.x * Family::kPairs + static_cast<uint32_t>(thread / group);
  const int head = static_cast<int>(pair % heads);
  AttentionBlock block{};
  if (pair / heads < args.shape.blocks)
    block = attention_block(args.shape, pair / heads, faults, key_rows);

  const bf16* const k = args.k + block.k0 * args.k_stride + head * D;
  const bf16* const v = args.v + block.k0 * args.v_stride + head * D;
  const int rows = (block.lk + 15) / 16 * 16;
  const int first = (static_cast<int>(blockIdx.y) * group + of_group) / 32 * kWarpRows;
  load_tile<D>(keys, k, args.k_stride, 0, rows, block.lk, of_group, group);
  load_tile<D>(values, v, args.v_stride, 0, rows, block.lk, of_group, group);
  Warp::fetch(tile, args, block, head, first);
  device::cp_async_commit();
  device::cp_async_wait<0>();
  __syncthreads();

  const int all_warps = static_cast<int>(gridDim.y) * group / 32;  // of the pair
  for (int row = first; row < block.lq; row += all_warps * kWarpRows) {
    if (row != first) {
      Warp::fetch(tile, args, block, head, row);
      device::cp_async_commit();
      device::cp_async_wait<0>();
      __syncwarp();
    }
    Warp warp(args.shape, block, pair, row);
    warp.take_q(tile);
    for (int step = 0; step < block.lk; step += Family::kStep)
      warp.step(keys + step * D, values + step * D, step);
    warp.store(tile, args, head);
  }
}

template <class Family, int D, bool kDropout>
void launch_resident(const AttentionForward<bf16>& args, const AttentionFaults& faults,
                     Stream stream) {
  constexpr int64_t kPairs = Family::kPairs;
  const int64_t key_rows = divide_up(longest_k(args.shape), 16) * 16;
  const int64_t tiles = divide_up(longest_q(args.shape), kWarpRows);
  // As few rounds as kWarps allow, as few warps as those rounds need; beyond two rounds more thread
  // blocks share the rows.
  const int64_t rounds = divide_up(tiles, Family::kWarps);
  const int64_t warps = divide_up(tiles, rounds);
  dim3 grid = grid_of("attention_forward", divide_up(args.shape.blocks * args.shape.heads, kPairs));
  grid.y = static_cast<uint32_t>(std::min<int64_t>(divide_up(rounds, 2), 65535));
  launch(attention_resident_kernel<Family, D, kDropout>,
         {.kernel = "attention_resident",
          .grid = grid,
          .block = dim3(static_cast<uint32_t>(32 * kPairs * warps)),
          .shared =
              static_cast<size_t>(kPairs * (2 * key_rows + warps * kWarpRows) * D) * sizeof(bf16)},
         stream, args, static_cast<int>(key_rows), faults);
}

// At head dim 128 the keys would fill shared memory of one thread block: streamed takes it.
template <class Family>
void launch_any(const AttentionForward<bf16>& args, const AttentionFaults& faults, Stream stream) {
  with_dropout(args.shape, [&](auto dropout) {
    if (args.shape.head_dim == 32)
      launch_resident<Family, 32, dropout()>(args, faults, stream);
    else
      launch_resident<Family, 64, dropout()>(args, faults, stream);
  });
}

}  // namespace

void attention_resident(const AttentionForward<bf16>& args, const AttentionFaults& faults,
                        Stream stream) {
  launch_any<Long>(args, faults, stream);
}
void attention_packed(const AttentionForward<bf16>& args, const AttentionFaults& faults,
                      Stream stream) {
  launch_any<Packed>(args, faults, stream);
}

}  // namespace medley::kernels::cuda
