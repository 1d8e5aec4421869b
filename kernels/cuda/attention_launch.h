// What the host side of every attention kernel needs: checks, grids from upper bounds, template
// parameters that come from the arguments, and where kernels record what only they can see.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/cuda/fault.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/attention.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/cuda.h"

namespace medley::kernels::cuda {

inline constexpr int64_t kLargestHeadDim = 256;

// What why_not() says where shared_limit() is too low.
inline constexpr const char* kNoRoom = "this GPU has too little shared memory for it";

constexpr int64_t divide_up(int64_t x, int64_t y) { return (x + y - 1) / y; }

// Upper bounds for the rows of one block; at least 1, so that there is a grid.
template <class T>
int64_t longest_q(const AttentionShape<T>& shape) {
  return std::max<int64_t>(shape.max_q > 0 ? shape.max_q : shape.q_rows, 1);
}
template <class T>
int64_t longest_k(const AttentionShape<T>& shape) {
  return std::max<int64_t>(shape.max_k > 0 ? shape.max_k : shape.k_rows, 1);
}

// `each` thread blocks for each of `count`.
inline dim3 grid_of(const char* op, int64_t count, int64_t each = 1) {
  if (count > std::numeric_limits<int32_t>::max() / each)
    throw ValueError(str("[", op, "] needs ", each, " thread blocks for each of ", count,
                         " blocks and heads, more than a launch has"),
                     "use fewer sequences or heads at a time, or tell max_q");
  return dim3(static_cast<uint32_t>(count * each));
}

// Slots for bad values in device memory; key_length: a key block longer than max_k said.
struct AttentionFaults {
  medley::cuda::Fault *cu_q, *cu_k, *kv_index, *key_length;
};
inline AttentionFaults attention_faults(const char* op) {
  using medley::cuda::fault_slot;
  return {fault_slot(op, "cu_q"), fault_slot(op, "cu_k"), fault_slot(op, "kv_index"),
          fault_slot(op, "key length")};
}

// Throws ValueError for what no kernel can run, whatever is in cu_q, cu_k and kv_index.
template <class T>
void check_attention_shape(const char* op, const AttentionShape<T>& shape) {
  // Offsets are int32, and so is a row number beyond the last by up to as many rows again.
  constexpr int64_t kMostRows = std::numeric_limits<int32_t>::max() / 2;
  check_sizes(op, {{"blocks", shape.blocks},
                   {"kv_blocks", shape.kv_blocks},
                   {"q_rows", shape.q_rows, 0, kMostRows},
                   {"k_rows", shape.k_rows, 0, kMostRows},
                   {"max_q", shape.max_q, 0, kMostRows},
                   {"max_k", shape.max_k, 0, kMostRows},
                   {"heads", shape.heads, 1},
                   {"head_dim", shape.head_dim, 1, kLargestHeadDim}});
  if (shape.kv_index == nullptr && shape.blocks != shape.kv_blocks)
    throw ValueError(
        str("[", op, "] ", shape.blocks, " query blocks but ", shape.kv_blocks, " key blocks"),
        "give kv_index: the key block of each query block");
  if (shape.blocks == 0 && shape.q_rows > 0)
    throw ValueError(str("[", op, "] no query blocks but ", shape.q_rows, " rows"));
  // Before the buffers: offsets for more blocks than that would seem to overlap everything.
  grid_of(op, std::max(shape.blocks, shape.kv_blocks) * shape.heads);
  if (!std::isfinite(shape.scale))
    throw ValueError(str("[", op, "] scale is ", shape.scale, ", not a finite number"),
                     "head_dim^-1/2 is usual");
  check_dropout(op, shape.dropout);
}

// Offsets and what else a shape points to.
template <class T>
Buffer cu_q_of(const AttentionShape<T>& shape) {
  return input("cu_q", shape.cu_q, shape.blocks > 0 ? shape.blocks + 1 : 0);
}
template <class T>
Buffer cu_k_of(const AttentionShape<T>& shape) {
  return input("cu_k", shape.cu_k, shape.kv_blocks > 0 ? shape.kv_blocks + 1 : 0);
}
template <class T>
Buffer kv_index_of(const AttentionShape<T>& shape) {
  return optional_input("kv_index", shape.kv_index, shape.blocks);
}
template <class T>
Buffer step_of(const AttentionShape<T>& shape) {
  return optional_input("step", shape.dropout.step, 1);
}

template <int value>
using Constant = std::integral_constant<int, value>;

// f(head dim) as a constant: 32, 64 and 128 are what kernels are compiled for.
template <class T, class F>
void with_head_dim(const AttentionShape<T>& shape, const F& f) {
  if (shape.head_dim == 32) f(Constant<32>{});
  if (shape.head_dim == 64) f(Constant<64>{});
  if (shape.head_dim == 128) f(Constant<128>{});
}
// f(whether dropout is active) as a constant.
template <class T, class F>
void with_dropout(const AttentionShape<T>& shape, const F& f) {
  shape.dropout.active() ? f(std::true_type{}) : f(std::false_type{});
}

}  // namespace medley::kernels::cuda
