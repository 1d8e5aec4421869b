#include "autograd/ops/linear.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/flops.h"
#include "kernels/dispatch.h"
#include "kernels/gelu.h"
#include "kernels/linear.h"

namespace medley::autograd {
namespace {

template <class T, class Out = T>
void run_gemm(Device device, const kernels::Gemm<T, Out>& args) {
  count_flops(2 * args.m * args.n * args.k);
  MEDLEY_KERNEL(gemm, device, args);
}

//   y   = act(u) + residual,  u = x W^T + b
//   du  = act'(u) dy
//   dx  = du W
//   dW += du^T x
//   db += column sums of du
struct LinearNode final : Node {
  Saved x{"x"}, weight{"weight"}, pre_activation{"pre_activation"};
  bool gelu = false;
  enum { kX, kWeight, kBias, kResidual };

  const char* name() const override { return "linear"; }
  std::vector<Saved*> saved() override { return {&x, &weight, &pre_activation}; }

  void backward(Gradients& g) override {
    with_float("linear", weight.unchecked().dtype(), [&](auto zero) {
      using T = decltype(zero);
      walk<T>(g);
    });
  }

  template <class T>
  void walk(Gradients& g) {
    const Tensor dy = g.out(0), in = x.get(), w = weight.get();
    const int64_t n = w.size(0), k = w.size(1), m = in.elements() / k;
    const Device device = dy.device();
    if (g.wants(kResidual)) g.give(kResidual, dy);
    Tensor du = dy;
    if (gelu) {
      // In place when the tape's slot and dy are all that holds the buffer: nobody reads dy again.
      if (dy.storage().use_count() > 2) du = Tensor::empty(dy.shape(), dy.dtype(), device);
      MEDLEY_KERNEL(gelu_backward, device,
                    kernels::GeluBackward<T>{.n = du.elements(),
                                             .dy = dy.data<T>(),
                                             .x = pre_activation.get().template data<T>(),
                                             .dx = du.data<T>()});
    }
    if (g.wants(kX)) {
      const auto dx = g.in(kX);
      run_gemm<T>(device, {.m = m,
                           .n = k,
                           .k = n,
                           .a = du.data<T>(),
                           .a_row = n,
                           .b = w.data<T>(),
                           .b_row = k,
                           .b_col = 1,
                           .c = dx.tensor.data<T>(),
                           .ldc = k,
                           .accumulate = dx.accumulate});
    }
    if (g.wants(kWeight)) {
      using W = kernels::Wide<T>;
      const auto dw = g.in(kWeight);
      run_gemm<T, W>(device, {.m = n,
                              .n = k,
                              .k = m,
                              .a = du.data<T>(),
                              .a_row = 1,
                              .a_col = n,
                              .b = in.data<T>(),
                              .b_row = k,
                              .b_col = 1,
                              .c = dw.tensor.data<W>(),
                              .ldc = k,
                              .accumulate = dw.accumulate});
    }
    if (g.wants(kBias)) {
      const Tensor db = g.sum(kBias);
      MEDLEY_KERNEL(
          column_sum, device,
          kernels::ColumnSum<T>{
              .rows = m, .n = n, .x = du.data<T>(), .ldx = n, .out = db.data<kernels::Wide<T>>()});
    }
  }
};

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const LinearOptions& options) {
  check_matrix("linear", "weight", weight, 2);
  const int64_t n = weight.size(0), k = weight.size(1);
  if (k == 0) throw ShapeError(str("[linear] weight has shape ", weight.shape(), ": no features"));
  if (!x.defined() || x.rank() < 1 || x.size(-1) != k)
    throw ShapeError(str("[linear] x has shape ", x.shape(), " but weight ", weight.shape(),
                         " takes ", k, " features"));
  check_shape("linear", "x", x, x.shape());
  check_same_kind("linear", x, "weight", weight);
  if (bias.defined()) check_wide_operand("linear", x, "bias", bias, {n});
  Shape shape = x.shape();
  shape[-1] = n;
  if (options.residual.defined()) check_operand("linear", x, "residual", options.residual, shape);

  Tensor y = Tensor::empty(shape, x.dtype(), x.device()), pre;
  const Tensor& residual = options.residual;
  Tape* tape = recording({x, weight, bias, residual});
  if (tape && options.gelu) pre = Tensor::empty(shape, x.dtype(), x.device());
  const int64_t m = x.elements() / k;
  with_float("linear", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    run_gemm<T>(x.device(), {.m = m,
                             .n = n,
                             .k = k,
                             .a = x.data<T>(),
                             .a_row = k,
                             .b = weight.data<T>(),
                             .b_row = 1,
                             .b_col = k,
                             .c = y.data<T>(),
                             .ldc = n,
                             .bias = bias.defined() ? bias.data<kernels::Wide<T>>() : nullptr,
                             .gelu = options.gelu,
                             .pre_activation = pre.defined() ? pre.data<T>() : nullptr,
                             .residual = residual.defined() ? residual.data<T>() : nullptr});
  });
  if (tape) {
    auto node = std::make_unique<LinearNode>();
    node->x = x;
    node->weight = weight;
    if (pre.defined()) node->pre_activation = pre;
    node->gelu = options.gelu;
    tape->record(std::move(node), {x, weight, bias, residual}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
