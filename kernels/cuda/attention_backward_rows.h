// The query rows that one (key block, head) has to walk in backward, in tiles of 32: one lane of a
// warp looks up one row. Tiles run through the borders of query blocks, so four captions of seven
// words on one picture are one tile. Owner, order and tiles do not depend on the launch, and
// neither do the sums that are taken in this order.
#pragma once

#include <cstdint>

#include "kernels/attention.h"
#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/device/cuda.h"

namespace medley::kernels::cuda {

// Query blocks sorted by their key block: group[j] = {begin, end} in order. Null without kv_index:
// query block j is all that attends to key block j.
struct QueryGroups {
  const int2* group = nullptr;     // [kv_blocks]
  const int32_t* order = nullptr;  // [blocks]
};

inline constexpr int kTileRows = 32;

// One tile, in shared memory.
struct TileRows {
  int32_t row[kTileRows];        // in q, o and lse; -1: none
  int32_t visible[kTileRows];    // keys, from the first of the key block; 0 where there is no row
  uint32_t pair[kTileRows];      // coordinates of its probabilities for dropout: block * heads +
  uint32_t in_block[kTileRows];  // head, and row inside the query block
  float lse[kTileRows];          // 0 where there is no row
  float delta[kTileRows];        // rowsum(dO o O), for whoever loads the rows to fill in
  int32_t count;                 // rows; 0 only behind the last tile
  int32_t seen;                  // largest of visible
};

// Where the walk stands, in shared memory; only one warp touches it.
class QueryWalk {
 public:
  MEDLEY_DEVICE void start(const QueryGroups& groups, int32_t j, int32_t keys) {
    const int2 group = groups.group == nullptr ? make_int2(j, j + 1) : groups.group[j];
    at_ = group.x, end_ = group.y, row_ = 0, keys_ = keys;
  }

  // All lanes of a warp: looks up the next tile.
  template <class T>
  MEDLEY_DEVICE void next(const AttentionShape<T>& shape, const QueryGroups& groups,
                          const Wide<T>* lse, int head, device::Fault* fault, TileRows& tile) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    int at = at_, first = row_, filled = 0, row = -1, visible = 0, seen = 0;
    uint32_t pair = 0, in_block = 0;
    while (at < end_ && filled < kTileRows) {
      const int32_t i = groups.order == nullptr ? at : groups.order[at];
      const AttentionRows rows = attention_rows(shape.cu_q, i, shape.blocks, shape.q_rows, fault);
      const AttentionBlock block{rows.first, rows.count, 0, keys_};
      const int taken = min(kTileRows - filled, block.lq - first), mine = first + lane - filled;
      if (lane >= filled && lane < filled + taken) {
        row = block.q0 + mine;
        visible = block.visible(mine, shape.causal);
        pair = static_cast<uint32_t>(i) * static_cast<uint32_t>(shape.heads) +
               static_cast<uint32_t>(head);
        in_block = static_cast<uint32_t>(mine);
      }
      if (taken > 0) seen = max(seen, block.visible(first + taken - 1, shape.causal));
      filled += taken;
      first += taken;
      if (first == block.lq) ++at, first = 0;
    }
    tile.row[lane] = row;
    tile.visible[lane] = visible;
    tile.pair[lane] = pair;
    tile.in_block[lane] = in_block;
    tile.lse[lane] = row < 0 ? 0 : lse[head * shape.q_rows + row];
    if (lane == 0) tile.count = filled, tile.seen = seen;
    __syncwarp();  // every lane has read where the walk stood
    if (lane == 0) at_ = at, row_ = first;
    __syncwarp();
  }

 private:
  int32_t at_, end_;  // in groups.order
  int32_t row_;       // in the query block at at_
  int32_t keys_;
};

}  // namespace medley::kernels::cuda
