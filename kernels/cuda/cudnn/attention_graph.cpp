#include "kernels/cuda/cudnn/attention_graph.h"

#include <limits>
#include <utility>

namespace medley::kernels::cuda::cudnn {
namespace {

constexpr cudnnDataType_t kFloat = CUDNN_DATA_FLOAT, kBf16 = CUDNN_DATA_BFLOAT16,
                          kInt = CUDNN_DATA_INT32, kBool = CUDNN_DATA_BOOLEAN;

struct Builder {
  const AttentionKey& key;
  Graph graph{};
  AttentionPlan made{};
  const Sizes q_sizes{key.blocks, key.heads, key.max_q, key.head_dim},
      k_sizes{key.blocks, key.heads, key.max_k, key.head_dim},
      scores{key.blocks, key.heads, key.max_q, key.max_k},
      rows{key.blocks, key.heads, key.max_q, 1};

  // --- Tensors in memory ----------------------------------------------------------------------

  Tensor per_block(int64_t count) { return graph.memory(kInt, {count, 1, 1, 1}, {1, 1, 1, 1}); }
  // Packed rows [all rows, heads * head_dim] of row stride `stride`, seen by block and head.
  Tensor packed(const Sizes& sizes, int64_t stride, Tensor& offsets) {
    if (key.ragged && offsets.id == 0) offsets = per_block(key.blocks + 1);
    return graph.memory(kBf16, sizes, {sizes[2] * stride, key.head_dim, stride, 1}, offsets);
  }
  // The same with rows and columns exchanged.
  Tensor transposed(const Sizes& sizes, int64_t stride, Tensor& offsets) {
    if (key.ragged && offsets.id == 0) offsets = per_block(key.blocks + 1);
    return graph.memory(kBf16, {sizes[0], sizes[1], sizes[3], sizes[2]},
                        {sizes[2] * stride, key.head_dim, 1, stride}, offsets);
  }
  Tensor lse() {
    if (key.ragged) made.lse_offsets = per_block(key.blocks + 1);
    return graph.memory(kFloat, rows, {key.max_q, key.q_rows, 1, 1}, made.lse_offsets);
  }
  void lengths() {
    if (!key.ragged) return;
    made.q_lengths = per_block(key.blocks);
    made.k_lengths = per_block(key.blocks);
  }

  // --- Pieces of both directions --------------------------------------------------------------

  Tensor apply(cudnnPointwiseMode_t mode, Tensor x, Tensor y, const Sizes& sizes) {
    const Tensor out = graph.between(kFloat, sizes);
    y.id == 0 ? graph.pointwise(mode, {x}, out) : graph.pointwise(mode, {x, y}, out);
    return out;
  }
  Tensor compare(cudnnPointwiseMode_t mode, Tensor x, Tensor y) {
    const Tensor out = graph.between(kBool, scores);
    graph.pointwise(mode, {x, y}, out, kBool);
    return out;
  }
  Tensor index(Tensor x, int64_t axis) {
    const Tensor out = graph.between(kInt, scores);
    graph.index(x, axis, out);
    return out;
  }
  Tensor shift(cudnnPointwiseMode_t mode, Tensor x, Tensor by) {
    const Tensor out = graph.between(kInt, scores);
    graph.pointwise(mode, {x, by}, out, kInt);
    return out;
  }
  Tensor select(Tensor x, Tensor visible) {
    const Tensor hidden = graph.constant(-std::numeric_limits<float>::infinity());
    const Tensor out = graph.between(kFloat, scores);
    graph.pointwise(CUDNN_POINTWISE_BINARY_SELECT, {x, hidden, visible}, out);
    return out;
  }
  Tensor without_padding(Tensor x) {
    if (!key.ragged) return x;
    const Tensor row = compare(CUDNN_POINTWISE_CMP_LT, index(x, 2), made.q_lengths);
    const Tensor column = compare(CUDNN_POINTWISE_CMP_LT, index(x, 3), made.k_lengths);
    return select(x, compare(CUDNN_POINTWISE_LOGICAL_AND, row, column));
  }
  // Row r of Lq sees keys 0 .. r + Lk - Lq.
  Tensor without_future(Tensor x) {
    if (!key.causal) return x;
    Tensor row = index(x, 2);
    const Tensor column = index(x, 3);
    if (key.ragged || key.max_q != key.max_k) {
      const bool fixed = !key.ragged;
      const auto length = [](int64_t n) { return static_cast<int32_t>(n); };
      row = shift(CUDNN_POINTWISE_ADD, row,
                  fixed ? graph.constant(length(key.max_k)) : made.k_lengths);
      row = shift(CUDNN_POINTWISE_SUB, row,
                  fixed ? graph.constant(length(key.max_q)) : made.q_lengths);
    }
    return select(x, compare(CUDNN_POINTWISE_CMP_GE, row, column));
  }
  Tensor scaled_scores() {
    const Tensor product = graph.between(kFloat, scores);
    graph.multiply(made.q, made.k, product, {.m = made.q_lengths, .n = made.k_lengths});
    return apply(CUDNN_POINTWISE_MUL, product, graph.constant(key.scale), scores);
  }
  // Zeros and ones, from cuDNN's own generator.
  Tensor dropout_mask() {
    made.seed = graph.memory(CUDNN_DATA_INT64, {1, 1, 1, 1}, {1, 1, 1, 1});
    made.dropout_offset = graph.memory(CUDNN_DATA_INT64, {1, 1, 1, 1}, {1, 1, 1, 1});
    const Tensor out = graph.between(kFloat, scores);
    graph.bernoulli(made.seed, made.dropout_offset, 1.0 - key.dropout, out);
    return out;
  }
  // scores [.., Lq, Lk] turned to [.., Lk, Lq], rounded for the next product.
  Tensor turned(Tensor x) {
    const Tensor out = graph.between(
        kBf16, {key.blocks, key.heads, key.max_k, key.max_q},
        Sizes{key.heads * key.max_q * key.max_k, key.max_q * key.max_k, 1, key.max_k});
    graph.reshape(x, out);
    return out;
  }

  // --- The two graphs; the formulas are in kernels/reference/attention.h -----------------------

  void forward() {
    lengths();
    made.q = packed(q_sizes, key.q_stride, made.q_offsets);
    made.k = transposed(k_sizes, key.k_stride, made.k_offsets);
    made.v = packed(k_sizes, key.v_stride, made.v_offsets);
    made.o = packed(q_sizes, key.o_stride, made.o_offsets);
    const Tensor s = without_future(without_padding(scaled_scores()));

    const Tensor largest = graph.between(kFloat, rows);
    graph.reduce(CUDNN_REDUCE_TENSOR_MAX, s, largest);
    const Tensor below = apply(CUDNN_POINTWISE_SUB, s, largest, scores);
    const Tensor e = apply(CUDNN_POINTWISE_EXP, below, {}, scores);
    const Tensor sum = graph.between(kFloat, rows);
    graph.reduce(CUDNN_REDUCE_TENSOR_ADD, e, sum);
    // Also when nobody wants it: without it cuDNN does not recognise the softmax.
    const Tensor log = apply(CUDNN_POINTWISE_LOG, sum, {}, rows);
    if (key.with_lse) made.lse = lse();
    graph.pointwise(CUDNN_POINTWISE_ADD, {largest, log},
                    key.with_lse ? made.lse : graph.between(kFloat, rows));
    // The last of the steps is rounded to bf16, for the product.
    Tensor p = graph.between(key.dropout > 0 ? kFloat : kBf16, scores);
    graph.pointwise(CUDNN_POINTWISE_DIV, {e, sum}, p);
    if (key.dropout > 0) {
      const Tensor kept = apply(CUDNN_POINTWISE_MUL, p, dropout_mask(), scores);
      p = graph.between(kBf16, scores);
      graph.pointwise(CUDNN_POINTWISE_MUL, {kept, graph.constant(1 / (1 - key.dropout))}, p);
    }
    graph.multiply(p, made.v, made.o, {.m = made.q_lengths, .k = made.k_lengths});
  }

  void backward() {
    lengths();
    made.q = packed(q_sizes, key.q_stride, made.q_offsets);
    made.k = transposed(k_sizes, key.k_stride, made.k_offsets);
    made.v = transposed(k_sizes, key.v_stride, made.v_offsets);
    made.o = packed(q_sizes, key.o_stride, made.o_offsets);
    made.d_o = packed(q_sizes, key.o_stride, made.o_offsets);
    made.lse = lse();
    made.dq = packed(q_sizes, key.dq_stride, made.dq_offsets);
    made.dk = packed(k_sizes, key.dk_stride, made.dk_offsets);
    made.dv = packed(k_sizes, key.dv_stride, made.dv_offsets);
    const bool drops = key.dropout > 0;
    const Tensor mask = drops ? dropout_mask() : Tensor{};
    const Tensor factor = graph.constant(1 / (1 - key.dropout));

    // delta = do . o; dp comes without dropout's factor, so delta must lose it too.
    const Tensor terms = apply(CUDNN_POINTWISE_MUL, made.d_o, made.o, q_sizes);
    const Tensor sum = graph.between(kFloat, rows);
    graph.reduce(CUDNN_REDUCE_TENSOR_ADD, terms, sum);
    made.delta = graph.memory(kFloat, rows, {key.heads * key.max_q, key.max_q, 1, 1});
    graph.pointwise(CUDNN_POINTWISE_MUL, {sum, graph.constant(1 - key.dropout)}, made.delta);

    // p = exp(s - lse), dv = (p m)^T do
    const Tensor below = apply(CUDNN_POINTWISE_SUB, scaled_scores(), made.lse, scores);
    const Tensor p = apply(CUDNN_POINTWISE_EXP, without_future(without_padding(below)), {}, scores);
    Tensor pm = p;
    if (drops)
      pm = apply(CUDNN_POINTWISE_MUL, apply(CUDNN_POINTWISE_MUL, p, mask, scores), factor, scores);
    graph.multiply(turned(pm), made.d_o, made.dv, {.m = made.k_lengths, .k = made.q_lengths});

    // ds = p (dp m - delta) scale, dk = ds^T q
    Tensor dp = graph.between(kFloat, scores);
    graph.multiply(made.d_o, made.v, dp, {.m = made.q_lengths, .n = made.k_lengths});
    if (drops) dp = apply(CUDNN_POINTWISE_MUL, dp, mask, scores);
    Tensor ds = apply(CUDNN_POINTWISE_SUB, dp, made.delta, scores);
    ds = apply(CUDNN_POINTWISE_MUL, ds, p, scores);
    if (drops) ds = apply(CUDNN_POINTWISE_MUL, ds, factor, scores);
    const Tensor scaled = graph.between(kBf16, scores);
    graph.pointwise(CUDNN_POINTWISE_MUL, {ds, graph.constant(key.scale)}, scaled);
    graph.multiply(turned(scaled), made.q, made.dk, {.m = made.k_lengths, .k = made.q_lengths});

    // dq = ds k
    const Tensor k = graph.between(kBf16, k_sizes,
                                   Sizes{key.max_k * key.k_stride, key.head_dim, key.k_stride, 1});
    graph.reshape(made.k, k);
    const Lengths lengths_of_dq{.m = made.q_lengths, .k = made.k_lengths};
    if (key.deterministic) {
      graph.multiply(scaled, k, made.dq, lengths_of_dq);
      return;
    }
    made.dq_sum = graph.memory(
        kFloat, q_sizes,
        {key.heads * key.max_q * key.head_dim, key.max_q * key.head_dim, key.head_dim, 1});
    graph.multiply(scaled, k, made.dq_sum, lengths_of_dq);
    graph.pointwise(CUDNN_POINTWISE_IDENTITY, {made.dq_sum}, made.dq);
  }
};

}  // namespace

AttentionPlan build_attention(const AttentionKey& key, const std::string& device) {
  Builder builder{key};
  key.backward ? builder.backward() : builder.forward();
  builder.made.plan = std::move(builder.graph).build(device);
  return std::move(builder.made);
}

}  // namespace medley::kernels::cuda::cudnn
