#include "autograd/ops/add.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"

namespace medley::autograd {
namespace {

// Both inputs get the output's gradient itself: the tape copies it only if something is added.
struct AddNode final : Node {
  const char* name() const override { return "add"; }
  void backward(Gradients& g) override {
    const Tensor dy = g.out(0);
    g.give(0, dy);
    g.give(1, dy);
  }
};

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  check_shape("add", "a", a, a.shape());
  check_operand("add", a, "b", b, a.shape());
  Tensor y = Tensor::empty(a.shape(), a.dtype(), a.device());
  with_float("add", a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(
        add, a.device(),
        kernels::Add<T>{.n = a.elements(), .a = a.data<T>(), .b = b.data<T>(), .y = y.data<T>()});
  });
  if (Tape* tape = recording({a, b})) tape->record(std::make_unique<AddNode>(), {a, b}, {&y});
  return y;
}

}  // namespace medley::autograd
