// Attention backward on a device: uploads an AttentionProblem and what forward made of it in f32 or
// bf16, runs one of the kernels, and what a plain implementation in the same precision makes of it.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "kernels/cuda/attention_backward.h"
#include "tests/cuda/attention_problem.h"

namespace medley::tests {

using kernels::cuda::BackwardKernel;

struct BackwardResult {
  Values dq, dk, dv;
  bool operator==(const BackwardResult&) const = default;
};

template <class T>
class DeviceBackward {
 public:
  // `forward`: o and lse of the problem.
  DeviceBackward(const AttentionProblem& problem, const ForwardResult& forward, int64_t gap = 8)
      : inputs_(problem, gap),
        q_rows_(problem.cu_q.back()),
        k_rows_(problem.cu_k.back()),
        width_(problem.width()),
        gap_(gap),
        o_(forward.o, q_rows_, width_, gap),
        d_o_(problem.d_o, q_rows_, width_, gap),
        lse_(forward.lse, problem.c.heads, q_rows_, 0) {
    args.shape = inputs_.args.shape;
    args.q = inputs_.args.q, args.k = inputs_.args.k, args.v = inputs_.args.v;
    args.q_stride = inputs_.args.q_stride, args.k_stride = inputs_.args.k_stride;
    args.v_stride = inputs_.args.v_stride;
    args.o = o_.data(), args.d_o = d_o_.data(), args.o_stride = o_.stride();
    args.lse = lse_.data();
    args.dq_stride = width_ + 2 * gap_, args.dk_stride = width_ + gap_, args.dv_stride = width_;
  }

  using Launch = std::function<void(const kernels::AttentionBackward<T>&)>;
  // On fresh outputs. Elements never written are NaN.
  BackwardResult run(const Launch& launch) const {
    DeviceRows<T> dq(q_rows_, width_, 2 * gap_), dk(k_rows_, width_, gap_), dv(k_rows_, width_, 0);
    kernels::AttentionBackward<T> call = args;
    call.dq = dq.data(), call.dk = dk.data(), call.dv = dv.data();
    launch(call);
    return {dq.values(), dk.values(), dv.values()};
  }
  BackwardResult run(std::optional<BackwardKernel> kernel = {}) const {
    return run(
        [&](const auto& call) { kernels::cuda::attention_backward(call, kernel, stream()); });
  }

  // As the kernels get them, but for the outputs; may be changed before run().
  kernels::AttentionBackward<T> args;

  const char* why_not(BackwardKernel kernel) const { return kernels::cuda::why_not(args, kernel); }

 private:
  DeviceForward<T> inputs_;
  int64_t q_rows_, k_rows_, width_, gap_;
  DeviceRows<T> o_, d_o_;
  DeviceRows<float> lse_;
};

inline BackwardResult exact_backward(const AttentionProblem& problem) {
  AttentionResult result = problem.run_reference<double>();
  return {std::move(result.dq), std::move(result.dk), std::move(result.dv)};
}

// The plain formulas in float; for bf16 probabilities, ds and the gradients are rounded, as a
// kernel on tensor cores must, and o comes rounded from forward.
template <class T>
BackwardResult naive_backward(const AttentionProblem& problem, const ForwardResult& forward) {
  const auto rounded = [](float x) { return static_cast<float>(static_cast<T>(x)); };
  const kernels::AttentionShape<float> shape = problem.shape<float>();
  const int64_t D = shape.head_dim, C = problem.width(), rows = problem.cu_q.back();
  BackwardResult result{Values(problem.q.size()), Values(problem.k.size()),
                        Values(problem.k.size())};
  std::vector<float> dq(problem.q.size()), dk(problem.k.size()), dv(problem.k.size());
  const auto row_of = [&](const Values& x, int64_t row, int64_t h) {
    std::vector<float> out(static_cast<size_t>(D));
    for (int64_t d = 0; d < D; ++d)
      out[static_cast<size_t>(d)] = static_cast<float>(x[static_cast<size_t>(row * C + h * D + d)]);
    return out;
  };
  for (int64_t i = 0; i < shape.blocks; ++i) {
    const kernels::reference::AttentionBlock block(shape, i);
    for (int64_t h = 0; h < shape.heads; ++h)
      for (int64_t r = 0; r < block.lq; ++r) {
        const int64_t row = block.q0 + r;
        const std::vector<float> q = row_of(problem.q, row, h), d_o = row_of(problem.d_o, row, h),
                                 o = row_of(forward.o, row, h);
        using kernels::reference::dot;
        const float delta = dot(d_o.data(), o.data(), D);
        const auto lse = static_cast<float>(forward.lse[static_cast<size_t>(h * rows + row)]);
        for (int64_t c = 0; c < block.visible(r, shape.causal); ++c) {
          const std::vector<float> k = row_of(problem.k, block.k0 + c, h),
                                   v = row_of(problem.v, block.k0 + c, h);
          const float p = std::exp(shape.scale * dot(q.data(), k.data(), D) - lse);
          const auto factor =
              kernels::reference::dropout_factor<float>(shape.dropout, i * shape.heads + h, r, c);
          const float kept = rounded(p * factor),
                      ds = rounded(p * (factor * dot(d_o.data(), v.data(), D) - delta));
          for (int64_t d = 0; d < D; ++d) {
            const auto at = static_cast<size_t>(h * D + d);
            const size_t in_q = static_cast<size_t>(row * C) + at,
                         in_k = static_cast<size_t>((block.k0 + c) * C) + at;
            dq[in_q] += ds * k[static_cast<size_t>(d)];
            dk[in_k] += ds * q[static_cast<size_t>(d)];
            dv[in_k] += kept * d_o[static_cast<size_t>(d)];
          }
        }
      }
  }
  for (size_t i = 0; i < dq.size(); ++i) result.dq[i] = rounded(shape.scale * dq[i]);
  for (size_t i = 0; i < dk.size(); ++i) result.dk[i] = rounded(shape.scale * dk[i]);
  for (size_t i = 0; i < dv.size(); ++i) result.dv[i] = rounded(dv[i]);
  return result;
}

}  // namespace medley::tests
