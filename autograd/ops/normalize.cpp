#include "autograd/ops/normalize.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "kernels/dispatch.h"
#include "kernels/normalize.h"

namespace medley::autograd {
namespace {

struct NormalizeNode final : Node {
  Saved y{"y"}, norm{"norm"};

  const char* name() const override { return "normalize"; }
  std::vector<Saved*> saved() override { return {&y, &norm}; }

  void backward(Gradients& g) override {
    const Tensor dy = g.out(0);
    const auto dx = g.in(0);
    with_float("normalize", dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      MEDLEY_KERNEL(
          normalize_backward, dy.device(),
          kernels::NormalizeBackward<T>{.rows = dy.size(0),
                                        .n = dy.size(1),
                                        .dy = dy.data<T>(),
                                        .y = y.get().template data<T>(),
                                        .norm = norm.get().template data<kernels::Wide<T>>(),
                                        .dx = dx.tensor.template data<T>(),
                                        .accumulate = dx.accumulate});
    });
  }
};

}  // namespace

Tensor normalize(const Tensor& x) {
  check_matrix("normalize", "x", x, 2);
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  const Tensor norm = Tensor::empty({x.size(0)}, wide(x.dtype()), x.device());
  with_float("normalize", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(normalize_forward, x.device(),
                  kernels::NormalizeForward<T>{.rows = x.size(0),
                                               .n = x.size(1),
                                               .x = x.data<T>(),
                                               .y = y.data<T>(),
                                               .norm = norm.data<kernels::Wide<T>>()});
  });
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<NormalizeNode>();
    node->norm = norm;
    node->y = y.detach();
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
