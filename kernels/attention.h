// Softmax attention, one contract for bidirectional, causal and cross: sequences are packed rows
// with cumulative lengths, and query block i attends to key block kv_index[i], so that several
// texts share one image's keys and values. o = dropout(softmax(scale * q k^T + mask)) v. A row that
// sees no key gives o = 0, lse = -inf and gradient 0. Causal is aligned bottom right: query r of Lq
// sees keys 0 .. r + Lk - Lq. Masking is by select, never by adding.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"
#include "kernels/dropout.h"
#include "kernels/wide.h"

namespace medley::kernels {

template <class T>
struct AttentionShape {
  int64_t blocks = 0;             // query blocks
  int64_t kv_blocks = 0;          // key blocks
  const int32_t* cu_q = nullptr;  // [blocks + 1]: rows of query block i are cu_q[i] .. cu_q[i + 1]
  const int32_t* cu_k = nullptr;  // [kv_blocks + 1]
  // [blocks], in 0 .. kv_blocks - 1; null: query block i attends to key block i.
  const int32_t* kv_index = nullptr;
  int64_t heads = 0, head_dim = 0;  // head h of a row starts at column h * head_dim
  Wide<T> scale = 1;                // head_dim^-1/2 in BLIP
  bool causal = false;
  DropoutKey dropout;  // of the probabilities; element (block * heads + h, row, column)

  // What the host cannot read where cu_q and cu_k live on a GPU; CPU kernels ignore it. The rows of
  // q and of k, where cu_q and cu_k must end; upper bounds of a block's rows (0: not known, all
  // rows).
  int64_t q_rows = 0, k_rows = 0;
  int64_t max_q = 0, max_k = 0;
};

template <class T>
struct AttentionForward {
  AttentionShape<T> shape;
  const T* q = nullptr;  // [rows of cu_q, heads * head_dim], row stride q_stride
  const T* k = nullptr;  // [rows of cu_k, heads * head_dim]
  const T* v = nullptr;
  int64_t q_stride = 0, k_stride = 0, v_stride = 0;
  T* o = nullptr;  // as q, row stride o_stride
  int64_t o_stride = 0;
  // [heads, rows of cu_q]: natural log of the sum of exp of the scaled scores; null: not wanted.
  Wide<T>* lse = nullptr;
};

// Writes dq, dk, dv (=, not +=). Key blocks that nothing attends to get zeros. Deterministic: fixed
// order, no atomics.
template <class T>
struct AttentionBackward {
  AttentionShape<T> shape;
  const T* q = nullptr;
  const T* k = nullptr;
  const T* v = nullptr;
  int64_t q_stride = 0, k_stride = 0, v_stride = 0;
  const T* o = nullptr;  // forward's output
  const T* d_o = nullptr;
  int64_t o_stride = 0;          // of o and d_o
  const Wide<T>* lse = nullptr;  // [heads, rows of cu_q]
  T* dq = nullptr;
  T* dk = nullptr;
  T* dv = nullptr;
  int64_t dq_stride = 0, dk_stride = 0, dv_stride = 0;
};

namespace cpu {
void attention_forward(const AttentionForward<float>& args);
void attention_forward(const AttentionForward<double>& args);
void attention_backward(const AttentionBackward<float>& args);
void attention_backward(const AttentionBackward<double>& args);
}  // namespace cpu

// Head dims up to 256; outputs have memory of their own. Offsets and kv_index are checked by the
// kernels: what is wrong with them is reported by the next cuda::check_faults().
namespace cuda {
void attention_forward(const AttentionForward<float>& args, Stream stream);
void attention_forward(const AttentionForward<bf16>& args, Stream stream);
void attention_backward(const AttentionBackward<float>& args, Stream stream);
void attention_backward(const AttentionBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
