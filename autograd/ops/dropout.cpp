#include "autograd/ops/dropout.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "kernels/dispatch.h"

namespace medley::autograd {
namespace {

void run(const Tensor& x, const Tensor& y, bool accumulate, const kernels::DropoutKey& key) {
  with_float("dropout", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(dropout, x.device(),
                  kernels::Dropout<T>{.rows = x.size(0),
                                      .n = x.size(1),
                                      .x = x.data<T>(),
                                      .y = y.data<T>(),
                                      .accumulate = accumulate,
                                      .key = key});
  });
}

// Saves nothing: the mask is a function of the key.
struct DropoutNode final : Node {
  kernels::DropoutKey key;

  const char* name() const override { return "dropout"; }
  void backward(Gradients& g) override {
    const auto dx = g.in(0);
    run(g.out(0), dx.tensor, dx.accumulate, key);
  }
};

}  // namespace

Tensor dropout(const Tensor& x, const kernels::DropoutKey& key) {
  check_matrix("dropout", "x", x, 2);
  check_dropout("dropout", key);
  if (!key.active()) return x;
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  run(x, y, false, key);
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<DropoutNode>();
    node->key = key;
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
