#include "autograd/ops/relu.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "kernels/dispatch.h"
#include "kernels/relu.h"

namespace medley::autograd {
namespace {

struct ReluNode final : Node {
  Saved y{"y"};

  const char* name() const override { return "relu"; }
  std::vector<Saved*> saved() override { return {&y}; }

  void backward(Gradients& g) override {
    const Tensor dy = g.out(0), out = y.get();
    const Tensor dx = Tensor::empty(out.shape(), out.dtype(), out.device());
    with_float("relu", out.dtype(), [&](auto zero) {
      using T = decltype(zero);
      MEDLEY_KERNEL(
          relu_backward, out.device(),
          kernels::ReluBackward<T>{
              .n = out.elements(), .dy = dy.data<T>(), .y = out.data<T>(), .dx = dx.data<T>()});
    });
    g.give(0, dx);
  }
};

}  // namespace

Tensor relu(const Tensor& x) {
  check_shape("relu", "x", x, x.shape());
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  with_float("relu", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(relu_forward, x.device(),
                  kernels::ReluForward<T>{.n = x.elements(), .x = x.data<T>(), .y = y.data<T>()});
  });
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<ReluNode>();
    node->y = y;
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
