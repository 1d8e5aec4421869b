#include "autograd/ops/softmax.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/softmax.h"

namespace medley::autograd {
namespace {

struct SoftmaxNode final : Node {
  Saved y{"y"};

  const char* name() const override { return "softmax"; }
  std::vector<Saved*> saved() override { return {&y}; }

  void backward(Gradients& g) override {
    const Tensor dy = g.out(0);
    const auto dx = g.in(0);
    with_float("softmax", dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      MEDLEY_KERNEL(softmax_backward, dy.device(),
                    kernels::SoftmaxBackward<T>{.rows = dy.elements() / dy.size(-1),
                                                .n = dy.size(-1),
                                                .dy = dy.data<T>(),
                                                .y = y.get().template data<T>(),
                                                .dx = dx.tensor.template data<T>(),
                                                .accumulate = dx.accumulate});
    });
  }
};

}  // namespace

Tensor softmax(const Tensor& x) {
  check_shape("softmax", "x", x, x.shape());
  if (x.rank() == 0 || x.size(-1) == 0)
    throw ShapeError(str("[softmax] x has shape ", x.shape(), ": rows need an element"));
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  with_float("softmax", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(softmax_forward, x.device(),
                  kernels::SoftmaxForward<T>{.rows = x.elements() / x.size(-1),
                                             .n = x.size(-1),
                                             .x = x.data<T>(),
                                             .y = y.data<T>()});
  });
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<SoftmaxNode>();
    node->y = y.detach();
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
