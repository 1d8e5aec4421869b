// Attention forward on a device: uploads an AttentionProblem in f32 or bf16 and runs one of the
// kernels on it, and what a plain implementation in the same precision makes of it.
#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "kernels/cuda/attention_forward.h"
#include "tests/cuda/support.h"
#include "tests/ops/attention_problem.h"

namespace medley::tests {

using kernels::cuda::ForwardKernel;

// The problem whose inputs are values of T.
template <class T>
AttentionProblem rounded_to(AttentionProblem problem) {
  for (Values* x : {&problem.q, &problem.k, &problem.v, &problem.d_o})
    for (double& value : *x) value = static_cast<float>(static_cast<T>(static_cast<float>(value)));
  return problem;
}

// [rows, columns] with `gap` elements between rows, which must stay what they were: NaN.
template <class T>
class DeviceRows {
 public:
  DeviceRows(int64_t rows, int64_t columns, int64_t gap)
      : rows_(rows), columns_(columns), stride_(columns + gap), buffer_(rows * stride_) {}
  DeviceRows(const Values& values, int64_t rows, int64_t columns, int64_t gap)
      : DeviceRows(rows, columns, gap) {
    std::vector<T> all = buffer_.download();
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c)
        all[at(r, c)] = static_cast<T>(static_cast<float>(values[index(r, c)]));
    buffer_.upload(all);
  }
  T* data() { return buffer_.data(); }
  int64_t stride() const { return stride_; }

  Values values() const {
    const std::vector<T> all = buffer_.download();
    Values out(static_cast<size_t>(rows_ * columns_));
    for (int64_t r = 0; r < rows_; ++r) {
      for (int64_t c = 0; c < columns_; ++c) out[index(r, c)] = static_cast<float>(all[at(r, c)]);
      for (int64_t c = columns_; c < stride_; ++c)
        REQUIRE(std::isnan(static_cast<float>(all[at(r, c)])));
    }
    return out;
  }

 private:
  size_t at(int64_t r, int64_t c) const { return static_cast<size_t>(r * stride_ + c); }
  size_t index(int64_t r, int64_t c) const { return static_cast<size_t>(r * columns_ + c); }

  int64_t rows_, columns_, stride_;
  DeviceBuffer<T> buffer_;
};

struct ForwardResult {
  Values o, lse;
  bool operator==(const ForwardResult&) const = default;
};

// The problem in device memory; args may be changed before run().
template <class T>
class DeviceForward {
 public:
  explicit DeviceForward(const AttentionProblem& problem, int64_t gap = 8)
      : cu_q_(problem.cu_q),
        cu_k_(problem.cu_k),
        kv_index_(problem.c.kv_index),
        q_(problem.q, problem.cu_q.back(), problem.width(), gap),
        k_(problem.k, problem.cu_k.back(), problem.width(), gap),
        v_(problem.v, problem.cu_k.back(), problem.width(), 2 * gap),
        heads_(problem.c.heads),
        rows_(problem.cu_q.back()),
        width_(problem.width()),
        gap_(gap) {
    const auto longest = [](const std::vector<int32_t>& lengths) {
      return lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
    };
    args.shape = {.blocks = static_cast<int64_t>(problem.c.q_lengths.size()),
                  .kv_blocks = static_cast<int64_t>(problem.c.k_lengths.size()),
                  .cu_q = cu_q_.data(),
                  .cu_k = cu_k_.data(),
                  .kv_index = problem.c.kv_index.empty() ? nullptr : kv_index_.data(),
                  .heads = heads_,
                  .head_dim = problem.c.head_dim,
                  .scale = static_cast<float>(problem.scale()),
                  .causal = problem.c.causal,
                  .dropout = problem.shape<float>().dropout,
                  .q_rows = rows_,
                  .k_rows = problem.cu_k.back(),
                  .max_q = longest(problem.c.q_lengths),
                  .max_k = longest(problem.c.k_lengths)};
    args.q = q_.data(), args.k = k_.data(), args.v = v_.data();
    args.q_stride = q_.stride(), args.k_stride = k_.stride(), args.v_stride = v_.stride();
    args.o_stride = width_ + gap;
  }

  // Elements never written stay NaN.
  struct Outputs {
    DeviceRows<T> o;
    DeviceRows<float> lse;
    ForwardResult values() const { return {o.values(), lse.values()}; }
  };
  Outputs fresh_outputs() const { return {{rows_, width_, gap_}, {heads_, rows_, 0}}; }
  void launch(Outputs& out, std::optional<ForwardKernel> kernel = {}) const {
    kernels::AttentionForward<T> call = args;
    call.o = out.o.data();
    call.lse = out.lse.data();
    kernels::cuda::attention_forward(call, kernel, stream());
  }
  ForwardResult run(std::optional<ForwardKernel> kernel = {}) const {
    Outputs out = fresh_outputs();
    launch(out, kernel);
    return out.values();
  }

  kernels::AttentionForward<T> args;

 private:
  DeviceBuffer<int32_t> cu_q_, cu_k_, kv_index_;
  DeviceRows<T> q_, k_, v_;
  int64_t heads_, rows_, width_, gap_;
};

inline ForwardResult exact_forward(const AttentionProblem& problem) {
  const AttentionResult result = problem.run<double>(
      [](const auto& args) { kernels::reference::attention_forward(args); }, [](const auto&) {});
  return {result.o, result.lse};
}

// The plain formulas in float; for bf16 the probabilities (largest 1) and the output are rounded,
// as a kernel on tensor cores must.
template <class T>
ForwardResult naive_forward(const AttentionProblem& problem) {
  const auto rounded = [](float x) { return static_cast<float>(static_cast<T>(x)); };
  const kernels::AttentionShape<float> shape = problem.shape<float>();
  const int64_t D = shape.head_dim, C = problem.width(), rows = problem.cu_q.back();
  ForwardResult result{Values(problem.q.size()), Values(static_cast<size_t>(shape.heads * rows))};
  const auto element = [&](const Values& x, int64_t row, int64_t column) {
    return static_cast<float>(x[static_cast<size_t>(row * C + column)]);
  };
  for (int64_t i = 0; i < shape.blocks; ++i) {
    const kernels::reference::AttentionBlock block(shape, i);
    for (int64_t h = 0; h < shape.heads; ++h)
      for (int64_t r = 0; r < block.lq; ++r) {
        const int64_t n = block.visible(r, shape.causal);
        std::vector<float> p(static_cast<size_t>(n)), out(static_cast<size_t>(D));
        float largest = -std::numeric_limits<float>::infinity(), sum = 0;
        for (int64_t c = 0; c < n; ++c) {
          float score = 0;
          for (int64_t d = 0; d < D; ++d)
            score += element(problem.q, block.q0 + r, h * D + d) *
                     element(problem.k, block.k0 + c, h * D + d);
          p[static_cast<size_t>(c)] = score * shape.scale;
          largest = std::max(largest, p[static_cast<size_t>(c)]);
        }
        for (int64_t c = 0; c < n; ++c) {
          const float e = std::exp(p[static_cast<size_t>(c)] - largest);
          sum += e;
          const float weight = rounded(e) * kernels::reference::dropout_factor<float>(
                                                shape.dropout, i * shape.heads + h, r, c);
          for (int64_t d = 0; d < D; ++d)
            out[static_cast<size_t>(d)] += weight * element(problem.v, block.k0 + c, h * D + d);
        }
        for (int64_t d = 0; d < D; ++d)
          result.o[static_cast<size_t>((block.q0 + r) * C + h * D + d)] =
              n == 0 ? 0 : rounded(out[static_cast<size_t>(d)] / sum);
        result.lse[static_cast<size_t>(h * rows + block.q0 + r)] = largest + std::log(sum);
      }
  }
  return result;
}

}  // namespace medley::tests
