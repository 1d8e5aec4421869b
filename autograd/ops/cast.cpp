#include "autograd/ops/cast.h"

#include "autograd/checks.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/cast.h"
#include "kernels/dispatch.h"

namespace medley::autograd {
namespace {

template <class From, class To>
void run(const Tensor& x, const Tensor& y) {
  MEDLEY_KERNEL(cast, x.device(),
                kernels::Cast<From, To>{.n = x.elements(), .x = x.data<From>(), .y = y.data<To>()});
}

Tensor cast_values(const Tensor& x, DType dtype) {
  const Tensor y = Tensor::empty(x.shape(), dtype, x.device());
  if (x.dtype() == DType::f32 && dtype == DType::bf16)
    run<float, bf16>(x, y);
  else if (x.dtype() == DType::bf16 && dtype == DType::f32)
    run<bf16, float>(x, y);
  else
    throw DtypeError(str("[cast] goes between f32 and bf16, not from ", x.dtype(), " to ", dtype));
  return y;
}

struct CastNode final : Node {
  DType from = DType::f32;

  const char* name() const override { return "cast"; }
  void backward(Gradients& g) override { g.give(0, cast_values(g.out(0), from)); }
};

}  // namespace

Tensor cast(const Tensor& x, DType dtype) {
  check_shape("cast", "x", x, x.shape());
  if (x.dtype() == dtype) return x;
  Tensor y = cast_values(x, dtype);
  if (Tape* tape = recording({x})) {
    auto node = std::make_unique<CastNode>();
    node->from = x.dtype();
    tape->record(std::move(node), {x}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
