// Inputs and poisoned, guarded outputs of one attention case, and runs of it: by the reference in
// any precision or by the kernel. Rows are wider than they need to be, as the rows of a packed
// [q | k | v] are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/philox.h"
#include "kernels/attention.h"
#include "kernels/reference/attention.h"
#include "tests/catch.h"
#include "tests/ops/cases/attention_cases.h"

namespace medley::tests {

using Values = std::vector<double>;

// [rows, columns] with `gap` more elements in a row and kGuard before and behind, all NaN until
// written.
template <class T>
class GuardedRows {
 public:
  GuardedRows(int64_t rows, int64_t columns, int64_t gap)
      : rows_(rows),
        columns_(columns),
        stride_(columns + gap),
        all_(static_cast<size_t>(rows * stride_ + 2 * kGuard),
             std::numeric_limits<T>::quiet_NaN()) {}
  T* data() { return all_.data() + kGuard; }
  const T* data() const { return all_.data() + kGuard; }
  int64_t stride() const { return stride_; }

  void fill(const Values& values) {
    for (int64_t r = 0; r < rows_; ++r)
      for (int64_t c = 0; c < columns_; ++c)
        data()[r * stride_ + c] = static_cast<T>(values[static_cast<size_t>(r * columns_ + c)]);
  }
  Values values() const {
    Values out;
    for (int64_t r = 0; r < rows_; ++r)
      for (int64_t c = 0; c < columns_; ++c)
        out.push_back(static_cast<double>(data()[r * stride_ + c]));
    return out;
  }
  // Nothing outside of the rows was written.
  bool intact() const {
    for (int64_t i = 0; i < static_cast<int64_t>(all_.size()); ++i) {
      const int64_t at = i - kGuard;
      const bool inside = at >= 0 && at < rows_ * stride_ && at % stride_ < columns_;
      if (!inside && !std::isnan(all_[static_cast<size_t>(i)])) return false;
    }
    return true;
  }

 private:
  static constexpr int64_t kGuard = 64;
  int64_t rows_, columns_, stride_;
  std::vector<T> all_;
};

struct AttentionResult {
  Values o, lse, dq, dk, dv;
  bool operator==(const AttentionResult&) const = default;
};

// Inputs are floats held in double, so that every precision starts from the same numbers.
struct AttentionProblem {
  cases::AttentionCase c;
  std::vector<int32_t> cu_q{0}, cu_k{0};
  Values q, k, v, d_o;

  explicit AttentionProblem(cases::AttentionCase description) : c(std::move(description)) {
    for (int32_t n : c.q_lengths) cu_q.push_back(cu_q.back() + n);
    for (int32_t n : c.k_lengths) cu_k.push_back(cu_k.back() + n);
    Random random(7, Purpose::test);
    const auto normal = [&](int64_t rows) {
      Values x(static_cast<size_t>(rows * width()));
      for (double& value : x) value = static_cast<float>(random.normal());
      return x;
    };
    q = normal(cu_q.back()), k = normal(cu_k.back()), v = normal(cu_k.back()),
    d_o = normal(cu_q.back());
    if (c.logit_shift == 0) return;
    const double feature = std::sqrt(c.logit_shift / scale());  // feature^2 * scale = logit_shift
    for (int64_t h = 0; h < c.heads; ++h) {
      for (int64_t r = 0; r < cu_q.back(); ++r)
        q[static_cast<size_t>(r * width() + h * c.head_dim)] =
            static_cast<float>(r % 2 == 0 ? feature : -feature);
      for (int64_t r = 0; r < cu_k.back(); ++r)
        k[static_cast<size_t>(r * width() + h * c.head_dim)] = static_cast<float>(feature);
    }
  }

  int64_t width() const { return c.heads * c.head_dim; }
  double scale() const {
    return static_cast<float>(1 / std::sqrt(static_cast<double>(c.head_dim)));
  }

  template <class T>
  kernels::AttentionShape<T> shape() const {
    return {.blocks = static_cast<int64_t>(c.q_lengths.size()),
            .kv_blocks = static_cast<int64_t>(c.k_lengths.size()),
            .cu_q = cu_q.data(),
            .cu_k = cu_k.data(),
            .kv_index = c.kv_index.empty() ? nullptr : c.kv_index.data(),
            .heads = c.heads,
            .head_dim = c.head_dim,
            .scale = static_cast<T>(scale()),
            .causal = c.causal,
            .dropout = {.p = c.dropout, .seed = 0x123456789abcull, .site = 3}};
  }

  // forward(args), then backward(args) on what forward wrote.
  template <class T, class Forward, class Backward>
  AttentionResult run(Forward forward, Backward backward) const {
    const int64_t Tq = cu_q.back(), Tk = cu_k.back(), C = width();
    GuardedRows<T> q_in(Tq, C, 2 * C), k_in(Tk, C, C + 1), v_in(Tk, C, 3), d_o_in(Tq, C, 5);
    q_in.fill(q), k_in.fill(k), v_in.fill(v), d_o_in.fill(d_o);
    GuardedRows<T> o(Tq, C, 5), lse(c.heads, Tq, 0), dq(Tq, C, 2 * C), dk(Tk, C, 1), dv(Tk, C, C);
    forward(kernels::AttentionForward<T>{.shape = shape<T>(),
                                         .q = q_in.data(),
                                         .k = k_in.data(),
                                         .v = v_in.data(),
                                         .q_stride = q_in.stride(),
                                         .k_stride = k_in.stride(),
                                         .v_stride = v_in.stride(),
                                         .o = o.data(),
                                         .o_stride = o.stride(),
                                         .lse = lse.data()});
    backward(kernels::AttentionBackward<T>{.shape = shape<T>(),
                                           .q = q_in.data(),
                                           .k = k_in.data(),
                                           .v = v_in.data(),
                                           .q_stride = q_in.stride(),
                                           .k_stride = k_in.stride(),
                                           .v_stride = v_in.stride(),
                                           .o = o.data(),
                                           .d_o = d_o_in.data(),
                                           .o_stride = o.stride(),
                                           .lse = lse.data(),
                                           .dq = dq.data(),
                                           .dk = dk.data(),
                                           .dv = dv.data(),
                                           .dq_stride = dq.stride(),
                                           .dk_stride = dk.stride(),
                                           .dv_stride = dv.stride()});
    CHECK(o.intact());
    CHECK(lse.intact());
    CHECK(dq.intact());
    CHECK(dk.intact());
    CHECK(dv.intact());
    return {o.values(), lse.values(), dq.values(), dk.values(), dv.values()};
  }
  template <class T>
  AttentionResult run_reference() const {
    return run<T>([](const auto& args) { kernels::reference::attention_forward(args); },
                  [](const auto& args) { kernels::reference::attention_backward(args); });
  }
  AttentionResult run_kernel() const {
    return run<float>([](const auto& args) { kernels::cpu::attention_forward(args); },
                      [](const auto& args) { kernels::cpu::attention_backward(args); });
  }
};

}  // namespace medley::tests
