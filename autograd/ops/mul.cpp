#include "autograd/ops/mul.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "kernels/dispatch.h"
#include "kernels/mul.h"

namespace medley::autograd {
namespace {

void product(const Tensor& a, const Tensor& b, const Tensor& y, bool accumulate) {
  with_float("mul", a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(mul, a.device(),
                  kernels::Mul<T>{.n = a.elements(),
                                  .a = a.data<T>(),
                                  .b = b.data<T>(),
                                  .y = y.data<T>(),
                                  .accumulate = accumulate});
  });
}

struct MulNode final : Node {
  Saved a{"a"}, b{"b"};

  const char* name() const override { return "mul"; }
  std::vector<Saved*> saved() override { return {&a, &b}; }

  void backward(Gradients& g) override {
    const Saved* const other[] = {&b, &a};
    for (const int i : {0, 1}) {
      if (!g.wants(i)) continue;
      const auto d = g.in(i);
      product(g.out(0), other[i]->get(), d.tensor, d.accumulate);
    }
  }
};

}  // namespace

Tensor mul(const Tensor& a, const Tensor& b) {
  check_shape("mul", "a", a, a.shape());
  check_operand("mul", a, "b", b, a.shape());
  Tensor y = Tensor::empty(a.shape(), a.dtype(), a.device());
  product(a, b, y, false);
  if (Tape* tape = recording({a, b})) {
    auto node = std::make_unique<MulNode>();
    node->a = a;
    node->b = b;
    tape->record(std::move(node), {a, b}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
