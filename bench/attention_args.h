// The arguments of the attention calls that are measured, over whatever memory they lie in.
#pragma once

#include <cmath>

#include "bench/attention_runner.h"
#include "kernels/attention.h"

namespace medley::bench {

// q, k and v are column blocks of packed rows [3 C], as the models have them; so are their
// gradients.
template <class T>
struct AttentionMemory {
  const int32_t *cu_q, *cu_k, *kv_index;  // kv_index may be null
  const T *qkv, *kv, *d_o;
  T* o;
  kernels::Wide<T>* lse;
  T *d_qkv, *d_kv;
};

template <class T>
struct AttentionArgs {
  kernels::AttentionForward<T> forward;
  kernels::AttentionBackward<T> backward;

  AttentionArgs(const cases::AttentionCase& c, const AttentionRows& rows,
                const AttentionMemory<T>& memory) {
    const int64_t C = rows.width;
    const kernels::AttentionShape<T> shape{
        .blocks = static_cast<int64_t>(c.q_lengths.size()),
        .kv_blocks = static_cast<int64_t>(c.k_lengths.size()),
        .cu_q = memory.cu_q,
        .cu_k = memory.cu_k,
        .kv_index = c.kv_index.empty() ? nullptr : memory.kv_index,
        .heads = c.heads,
        .head_dim = c.head_dim,
        .scale = 1 / std::sqrt(static_cast<float>(c.head_dim)),
        .causal = c.causal,
        .dropout = {.p = c.dropout, .seed = 1},
        .q_rows = rows.q_rows,
        .k_rows = rows.k_rows,
        .max_q = rows.max_q,
        .max_k = rows.max_k};
    forward = {.shape = shape,
               .q = memory.qkv,
               .k = memory.kv + C,
               .v = memory.kv + 2 * C,
               .q_stride = 3 * C,
               .k_stride = 3 * C,
               .v_stride = 3 * C,
               .o = memory.o,
               .o_stride = C,
               .lse = memory.lse};
    backward = {.shape = shape,
                .q = forward.q,
                .k = forward.k,
                .v = forward.v,
                .q_stride = 3 * C,
                .k_stride = 3 * C,
                .v_stride = 3 * C,
                .o = memory.o,
                .d_o = memory.d_o,
                .o_stride = C,
                .lse = memory.lse,
                .dq = memory.d_qkv,
                .dk = memory.d_kv + C,
                .dv = memory.d_kv + 2 * C,
                .dq_stride = 3 * C,
                .dk_stride = 3 * C,
                .dv_stride = 3 * C};
  }
};

}  // namespace medley::bench
