#include "autograd/ops/add.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"

namespace medley::autograd {
namespace {

// factor * (a + b), b undefined: factor * a.
Tensor scaled_sum(const Tensor& a, const Tensor& b, double factor) {
  Tensor y = Tensor::empty(a.shape(), a.dtype(), a.device());
  with_float("add", a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(add, a.device(),
                  kernels::Add<T>{.n = a.elements(),
                                  .a = a.data<T>(),
                                  .b = b.defined() ? b.data<T>() : nullptr,
                                  .y = y.data<T>(),
                                  .factor = static_cast<kernels::Wide<T>>(factor)});
  });
  return y;
}

// Both inputs get the same gradient, of a sum the output's own: the tape copies it only if
// something is added.
struct AddNode final : Node {
  explicit AddNode(double f) : factor(f) {}
  double factor;
  const char* name() const override { return factor == 1 ? "add" : "mean"; }
  void backward(Gradients& g) override {
    const Tensor dy = g.out(0), d = factor == 1 ? dy : scaled_sum(dy, {}, factor);
    g.give(0, d);
    g.give(1, d);
  }
};

Tensor combine(const char* op, const Tensor& a, const Tensor& b, double factor) {
  check_shape(op, "a", a, a.shape());
  check_operand(op, a, "b", b, a.shape());
  Tensor y = scaled_sum(a, b, factor);
  if (Tape* tape = recording({a, b})) tape->record(std::make_unique<AddNode>(factor), {a, b}, {&y});
  return y;
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return combine("add", a, b, 1); }

Tensor mean(const Tensor& a, const Tensor& b) { return combine("mean", a, b, 0.5); }

}  // namespace medley::autograd
