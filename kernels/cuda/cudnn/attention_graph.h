// Attention as cuDNN takes it: matrix products, a softmax spelt out in pointwise operations and
// reductions, a mask from row and column numbers. cuDNN recognises the whole and runs its fused
// kernel. Its operations of one word, SDPA_FWD and SDPA_BWD, would be shorter, but up to cuDNN 9.20
// the one knows neither causal masks nor dropout and no GPU before Blackwell has an engine for the
// other; NVIDIA's own front end composes both for the same reasons.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "kernels/cuda/cudnn/graph.h"

namespace medley::kernels::cuda::cudnn {

// What a graph depends on. bf16 throughout, statistics f32.
struct AttentionKey {
  bool backward = false;
  // Backward without atomics. dS then goes through memory, blocks * heads * max_q * max_k numbers.
  bool deterministic = false;
  bool with_lse = true;  // forward: write it
  bool ragged = false;   // lengths differ: offsets and lengths are given
  bool causal = false;
  int64_t blocks = 0, heads = 0, head_dim = 0;
  int64_t max_q = 0, max_k = 0, q_rows = 0;  // q_rows: of all blocks, the head stride of lse
  int64_t q_stride = 0, k_stride = 0, v_stride = 0, o_stride = 0;
  int64_t dq_stride = 0, dk_stride = 0, dv_stride = 0;  // backward
  float scale = 1, dropout = 0;

  auto operator<=>(const AttentionKey&) const = default;
};

// A plan and the tensors to bind; an id of 0: not in this graph.
struct AttentionPlan {
  Plan plan;
  Tensor q, k, v, o, lse, d_o, dq, dk, dv;
  Tensor q_lengths, k_lengths;  // int32 [blocks]
  Tensor q_offsets, k_offsets, v_offsets, o_offsets, dq_offsets, dk_offsets, dv_offsets,
      lse_offsets;              // int32 [blocks + 1], in elements
  Tensor seed, dropout_offset;  // int64 [1]
  // Backward's own memory, f32: delta [blocks, heads, max_q], dq as it is summed.
  Tensor delta, dq_sum;
};

AttentionPlan build_attention(const AttentionKey& key, const std::string& device = {});

}  // namespace medley::kernels::cuda::cudnn
