#include "autograd/ops/sum.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/sum.h"

namespace medley::autograd {
namespace {

// x as the kernel sees it, [outer, n, inner], and the shape of the result.
struct Sizes {
  int64_t outer = 1, n = 1, inner = 1;
  Shape result;
};

Sizes over_all(const Tensor& x) {
  Sizes s;
  s.n = x.elements();
  return s;
}

Sizes over_dimension(const char* op, const Tensor& x, int dim) {
  const int d = dim < 0 ? dim + x.rank() : dim;
  if (d < 0 || d >= x.rank())
    throw ShapeError(str("[", op, "] ", x.shape(), " has no dimension ", dim));
  Sizes s;
  for (int i = 0; i < x.rank(); ++i) {
    (i < d ? s.outer : i == d ? s.n : s.inner) *= x.size(i);
    if (i != d) s.result.push_back(x.size(i));
  }
  return s;
}

struct SumNode final : Node {
  Sizes sizes;
  double factor = 1;

  const char* name() const override { return factor == 1 ? "sum" : "mean"; }
  void backward(Gradients& g) override {
    const Tensor dy = g.out(0);
    const auto dx = g.in(0);
    with_float(name(), dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      MEDLEY_KERNEL(sum_backward, dy.device(),
                    kernels::SumBackward<T>{.outer = sizes.outer,
                                            .n = sizes.n,
                                            .inner = sizes.inner,
                                            .dy = dy.data<T>(),
                                            .dx = dx.tensor.template data<T>(),
                                            .factor = static_cast<kernels::Wide<T>>(factor),
                                            .accumulate = dx.accumulate});
    });
  }
};

Tensor scaled_sum(const Tensor& x, const Sizes& sizes, double factor) {
  Tensor y = Tensor::empty(sizes.result, x.dtype(), x.device());
  with_float("sum", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(sum_forward, x.device(),
                  kernels::SumForward<T>{.outer = sizes.outer,
                                         .n = sizes.n,
                                         .inner = sizes.inner,
                                         .x = x.data<T>(),
                                         .y = y.data<T>(),
                                         .factor = static_cast<kernels::Wide<T>>(factor)});
  });
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<SumNode>();
    node->sizes = sizes;
    node->factor = factor;
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

Tensor scaled_mean(const Tensor& x, const Sizes& sizes) {
  if (sizes.n == 0) throw ShapeError(str("[mean] of no elements: x has shape ", x.shape()));
  return scaled_sum(x, sizes, 1 / static_cast<double>(sizes.n));
}

}  // namespace

Tensor sum(const Tensor& x) {
  check_shape("sum", "x", x, x.shape());
  return scaled_sum(x, over_all(x), 1);
}

Tensor sum(const Tensor& x, int dim) {
  check_shape("sum", "x", x, x.shape());
  return scaled_sum(x, over_dimension("sum", x, dim), 1);
}

Tensor mean(const Tensor& x) {
  check_shape("mean", "x", x, x.shape());
  return scaled_mean(x, over_all(x));
}

Tensor mean(const Tensor& x, int dim) {
  check_shape("mean", "x", x, x.shape());
  return scaled_mean(x, over_dimension("mean", x, dim));
}

}  // namespace medley::autograd
