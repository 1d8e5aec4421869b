#include "autograd/ops/gelu.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "kernels/dispatch.h"
#include "kernels/gelu.h"

namespace medley::autograd {
namespace {

struct GeluNode final : Node {
  Saved x{"x"};

  const char* name() const override { return "gelu"; }
  std::vector<Saved*> saved() override { return {&x}; }

  void backward(Gradients& g) override {
    const Tensor dy = g.out(0), in = x.get();
    const auto dx = g.in(0);
    with_float("gelu", in.dtype(), [&](auto zero) {
      using T = decltype(zero);
      MEDLEY_KERNEL(gelu_backward, in.device(),
                    kernels::GeluBackward<T>{.n = in.elements(),
                                             .dy = dy.data<T>(),
                                             .x = in.data<T>(),
                                             .dx = dx.tensor.template data<T>(),
                                             .accumulate = dx.accumulate});
    });
  }
};

}  // namespace

Tensor gelu(const Tensor& x) {
  check_shape("gelu", "x", x, x.shape());
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  with_float("gelu", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(gelu_forward, x.device(),
                  kernels::GeluForward<T>{.n = x.elements(), .x = x.data<T>(), .y = y.data<T>()});
  });
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<GeluNode>();
    node->x = x;
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
