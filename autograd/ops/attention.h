// Multi-head attention over packed rows; see kernels/attention.h for the semantics.
#pragma once

#include <vector>

#include "core/tensor.h"
#include "kernels/dropout.h"

namespace medley::autograd {

// Rows of a batch of sequences: sequence i is rows cu[i] .. cu[i + 1].
struct Sequences {
  Tensor cu;            // [n + 1] i32, from 0 upwards
  int64_t longest = 0;  // length; 0: not known, which costs CUDA kernels time
  int64_t count() const { return cu.size(0) - 1; }
};
// Throws ValueError when cu does not start at 0, decreases, or does not end at `rows`.
Sequences make_sequences(const std::vector<int32_t>& lengths, Device device = {});
// A constant (core/constant.h).
Sequences uniform_sequences(int64_t count, int64_t length, Device device = {});

struct AttentionOptions {
  int64_t heads = 1;
  bool causal = false;
  kernels::DropoutKey dropout;  // of the probabilities
};

// qkv [rows, 3 C], columns [q | k | v], each of `heads` heads -> [rows, C]. scale = head_dim^-1/2.
Tensor self_attention(const Tensor& qkv, const Sequences& sequences,
                      const AttentionOptions& options);

// q [rows of queries, C]; kv [rows of keys, 2 C], columns [k | v]; kv_index [queries.count()] i32
// names the key sequence of each query sequence (undefined: the same index) -> [rows of queries,
// C]. Throws ValueError for an index out of range.
Tensor cross_attention(const Tensor& q, const Tensor& kv, const Sequences& queries,
                       const Sequences& keys, const Tensor& kv_index,
                       const AttentionOptions& options);

}  // namespace medley::autograd
