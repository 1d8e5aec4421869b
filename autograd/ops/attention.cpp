#include "autograd/ops/attention.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/constant.h"
#include "core/flops.h"
#include "kernels/attention.h"
#include "kernels/dispatch.h"

namespace medley::autograd {
namespace {

// Start of a column of t; null stays null (Meta).
template <class T>
T* column(const Tensor& t, int64_t index) {
  T* data = t.data<std::remove_const_t<T>>();
  return data == nullptr ? nullptr : data + index;
}

// What self- and cross-attention share: where q, k and v stand, and the blocks.
struct Layout {
  Sequences queries, keys;
  Tensor kv_index;
  AttentionOptions options;
  int64_t width = 0;  // C

  template <class T>
  kernels::AttentionShape<T> shape(int64_t q_rows, int64_t k_rows) const {
    const double deviation = std::sqrt(static_cast<double>(width / options.heads));
    return {.blocks = queries.count(),
            .kv_blocks = keys.count(),
            .cu_q = queries.cu.data<int32_t>(),
            .cu_k = keys.cu.data<int32_t>(),
            .kv_index = kv_index.defined() ? kv_index.data<int32_t>() : nullptr,
            .heads = options.heads,
            .head_dim = width / options.heads,
            .scale = static_cast<kernels::Wide<T>>(1 / deviation),
            .causal = options.causal,
            .dropout = options.dropout,
            .q_rows = q_rows,
            .k_rows = k_rows,
            .max_q = queries.longest,
            .max_k = keys.longest};
  }

  // 2 products of Lq x Lk x C; lengths are known on the CPU only, elsewhere they are taken as
  // equal.
  int64_t forward_flops(int64_t q_rows, int64_t k_rows) const {
    const int64_t blocks = queries.count(), kv_blocks = keys.count();
    if (blocks == 0 || kv_blocks == 0) return 0;
    return 4 * q_rows * (k_rows / kv_blocks) * width;
  }
};

// s cuts the rows of x.
void check_sequences(const char* op, const Tensor& x, const char* name, const Sequences& s) {
  const int64_t rows = x.size(0);
  if (!s.cu.defined() || s.cu.dtype() != DType::i32 || s.cu.rank() != 1 || s.cu.size(0) < 1)
    throw ShapeError(str("[", op, "] ", name, ".cu must be i32 of rank 1 and not empty"));
  check_index(op, x, name, s.cu);
  if (s.cu.device().kind != Device::Cpu) return;
  const int32_t* cu = s.cu.data<int32_t>();
  const int64_t n = s.count();
  if (cu[0] != 0) throw ValueError(str("[", op, "] ", name, ".cu starts at ", cu[0], ", not 0"));
  for (int64_t i = 0; i < n; ++i)
    if (cu[i + 1] < cu[i])
      throw ValueError(
          str("[", op, "] ", name, ".cu decreases at ", i + 1, ": ", cu[i], " then ", cu[i + 1]));
  if (cu[n] != rows)
    throw ValueError(
        str("[", op, "] ", name, ".cu ends at ", cu[n], " but there are ", rows, " rows"));
}

void check_heads(const char* op, int64_t width, int64_t heads) {
  if (heads < 1 || width < heads || width % heads != 0)
    throw ShapeError(str("[", op, "] width ", width, " does not divide into ", heads, " heads"));
}

// Saves the inputs, the output and one number a row and head; scores are made again in backward.
struct AttentionNode final : Node {
  explicit AttentionNode(bool self) : is_self(self) {}
  bool is_self;
  Saved q{"q"}, kv{"kv"}, o{"o"}, lse{"lse"};  // self: q is qkv [rows, 3 C], kv is empty
  Layout layout;

  const char* name() const override { return is_self ? "self_attention" : "cross_attention"; }
  std::vector<Saved*> saved() override { return {&q, &kv, &o, &lse}; }

  void backward(Gradients& g) override {
    with_float(name(), o.unchecked().dtype(), [&](auto zero) {
      using T = decltype(zero);
      walk<T>(g);
    });
  }

  template <class T>
  void walk(Gradients& g) {
    const Tensor dy = g.out(0), source = q.get(), out = o.get();
    const Tensor keys = is_self ? source : kv.get();
    const int64_t c = layout.width;
    const Tensor dq = Tensor::empty(source.shape(), source.dtype(), source.device());
    const Tensor dkv = is_self ? dq : Tensor::empty(keys.shape(), keys.dtype(), keys.device());
    const int64_t q_stride = is_self ? 3 * c : c, k_stride = is_self ? 3 * c : 2 * c;
    const int64_t k_at = is_self ? c : 0;
    count_flops(5 * layout.forward_flops(source.size(0), keys.size(0)) / 2);
    MEDLEY_KERNEL(
        attention_backward, dy.device(),
        kernels::AttentionBackward<T>{.shape = layout.shape<T>(source.size(0), keys.size(0)),
                                      .q = column<T>(source, 0),
                                      .k = column<T>(keys, k_at),
                                      .v = column<T>(keys, k_at + c),
                                      .q_stride = q_stride,
                                      .k_stride = k_stride,
                                      .v_stride = k_stride,
                                      .o = column<T>(out, 0),
                                      .d_o = column<T>(dy, 0),
                                      .o_stride = c,
                                      .lse = lse.get().template data<kernels::Wide<T>>(),
                                      .dq = column<T>(dq, 0),
                                      .dk = column<T>(dkv, k_at),
                                      .dv = column<T>(dkv, k_at + c),
                                      .dq_stride = q_stride,
                                      .dk_stride = k_stride,
                                      .dv_stride = k_stride});
    g.give(0, dq);
    if (!is_self) g.give(1, dkv);
  }
};

Tensor attend(const Tensor& q, const Tensor& kv, const Layout& layout, bool is_self) {
  const int64_t rows = q.size(0), c = layout.width;
  Tensor o = Tensor::empty({rows, c}, q.dtype(), q.device());
  Tape* tape = recording({q, kv});
  Tensor lse;
  if (tape) lse = Tensor::empty({layout.options.heads, rows}, wide(q.dtype()), q.device());
  const Tensor& keys = is_self ? q : kv;
  const int64_t q_stride = is_self ? 3 * c : c, k_stride = is_self ? 3 * c : 2 * c;
  const int64_t k_at = is_self ? c : 0;
  count_flops(layout.forward_flops(rows, keys.size(0)));
  with_float("attention", q.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(attention_forward, q.device(),
                  kernels::AttentionForward<T>{
                      .shape = layout.shape<T>(rows, keys.size(0)),
                      .q = q.data<T>(),
                      .k = column<const T>(keys, k_at),
                      .v = column<const T>(keys, k_at + c),
                      .q_stride = q_stride,
                      .k_stride = k_stride,
                      .v_stride = k_stride,
                      .o = o.data<T>(),
                      .o_stride = c,
                      .lse = lse.defined() ? lse.data<kernels::Wide<T>>() : nullptr});
  });
  if (tape) {
    auto node = std::make_unique<AttentionNode>(is_self);
    node->q = q;
    if (!is_self) node->kv = kv;
    node->o = o;
    node->lse = lse;
    node->layout = layout;
    if (is_self)
      tape->record(std::move(node), {q}, {&o});
    else
      tape->record(std::move(node), {q, kv}, {&o});
  }
  return o;
}

}  // namespace

Sequences make_sequences(const std::vector<int32_t>& lengths, Device device) {
  std::vector<int32_t> cu{0};
  int32_t longest = 0;
  for (const int32_t length : lengths) {
    if (length < 0) throw ValueError(str("[attention] a sequence has length ", length));
    cu.push_back(cu.back() + length);
    longest = std::max(longest, length);
  }
  return {Tensor::from(cu, {static_cast<int64_t>(cu.size())}, device), longest};
}

Sequences uniform_sequences(int64_t count, int64_t length, Device device) {
  std::vector<int32_t> cu;
  for (int64_t i = 0; i <= count; ++i) cu.push_back(static_cast<int32_t>(i * length));
  return {constant_indices(cu, device), count == 0 ? 0 : length};
}

Tensor self_attention(const Tensor& qkv, const Sequences& sequences,
                      const AttentionOptions& options) {
  check_matrix("self_attention", "qkv", qkv, 2);
  if (qkv.size(1) % 3 != 0)
    throw ShapeError(
        str("[self_attention] qkv has shape ", qkv.shape(), ": its width is not a multiple of 3"));
  check_heads("self_attention", qkv.size(1) / 3, options.heads);
  check_sequences("self_attention", qkv, "sequences", sequences);
  check_dropout("self_attention", options.dropout);
  return attend(qkv, Tensor(), {sequences, sequences, Tensor(), options, qkv.size(1) / 3}, true);
}

Tensor cross_attention(const Tensor& q, const Tensor& kv, const Sequences& queries,
                       const Sequences& keys, const Tensor& kv_index,
                       const AttentionOptions& options) {
  check_matrix("cross_attention", "q", q, 2);
  check_matrix("cross_attention", "kv", kv, 2);
  check_same_kind("cross_attention", q, "kv", kv);
  if (kv.size(1) != 2 * q.size(1))
    throw ShapeError(str("[cross_attention] q has shape ", q.shape(), " but kv ", kv.shape(),
                         ", not width ", 2 * q.size(1)));
  check_heads("cross_attention", q.size(1), options.heads);
  check_sequences("cross_attention", q, "queries", queries);
  check_sequences("cross_attention", kv, "keys", keys);
  check_dropout("cross_attention", options.dropout);
  if (kv_index.defined()) {
    check_range("cross_attention", q, "kv_index", kv_index, keys.count());
    if (kv_index.size(0) != queries.count())
      throw ShapeError(str("[cross_attention] kv_index has shape ", kv_index.shape(), " for ",
                           queries.count(), " query sequences"));
  } else if (queries.count() != keys.count()) {
    throw ShapeError(str("[cross_attention] ", queries.count(), " query and ", keys.count(),
                         " key sequences need a kv_index"));
  }
  return attend(q, kv, {queries, keys, kv_index, options, q.size(1)}, false);
}

}  // namespace medley::autograd
