// What the CPU attention kernels know of a call before they compute: which query blocks attend to
// which key block, the rows of a tile, and each thread's scratch memory. The same for every
// instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/attention.h"

namespace medley::kernels::cpu {

// Query blocks grouped by the key block that they attend to, in order of i inside a group:
// order[start[j] .. start[j+1]). One owner per (key block, head) can then make dk, dv and all dq of
// its group, in a fixed order.
struct AttentionPlan {
  std::vector<int32_t> order;  // [blocks]
  std::vector<int32_t> start;  // [kv_blocks + 1]
};
// Throws ValueError when kv_index names a key block that is not there, or is null and the numbers
// of blocks differ.
AttentionPlan plan_attention(const AttentionShape<float>& shape);
void check_attention(const AttentionShape<double>& shape);  // the same checks

// One query row of a tile.
struct AttentionRow {
  int64_t row;        // in q, o and lse
  int64_t visible;    // keys 0 .. visible - 1 of the key block
  uint32_t batch;     // coordinates of its probabilities for dropout: block * heads + h,
  uint32_t in_block;  // and row inside the query block
};

// Walks over all rows that attend to key block j. Tiles run across the borders of query blocks:
// four short texts that share an image are one tile.
class AttentionRows {
 public:
  AttentionRows(const AttentionShape<float>& shape, const AttentionPlan& plan, int64_t kv_block,
                int64_t head);
  int64_t next(AttentionRow* rows, int64_t capacity);  // number of rows written; 0 at the end

 private:
  const AttentionShape<float>& shape_;
  const int32_t* block_;  // current and end in plan.order
  const int32_t* end_;
  int64_t head_, lk_, row_ = 0;
};

// Most query rows that a tile holds: a multiple of every register tile's height.
inline constexpr int64_t kAttentionTile = 48;

// Buffers of one thread, kept from call to call and grown when needed. 64-byte aligned, contents
// undefined.
enum class AttentionBuffer {
  keys_transposed,
  values_transposed,
  keys,
  values,
  d_keys,
  d_values,
  q,
  d_o,
  out,
  scores,
  d_scores,
  factors,
  count
};
float* attention_buffer(AttentionBuffer which, int64_t floats);

}  // namespace medley::kernels::cpu
