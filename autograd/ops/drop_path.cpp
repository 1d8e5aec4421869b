#include "autograd/ops/drop_path.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/ops/add.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/drop_path.h"

namespace medley::autograd {
namespace {

void run(const Tensor& x, const Tensor& residual, const Tensor& y, int64_t samples,
         const kernels::DropoutKey& key) {
  with_float("drop_path", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(
        drop_path, x.device(),
        kernels::DropPath<T>{.samples = samples,
                             .n = x.elements() / samples,
                             .x = x.data<T>(),
                             .residual = residual.defined() ? residual.data<T>() : nullptr,
                             .y = y.data<T>(),
                             .key = key});
  });
}

// Saves nothing: what is kept is a function of the key.
struct DropPathNode final : Node {
  int64_t samples = 0;
  kernels::DropoutKey key;

  const char* name() const override { return "drop_path"; }
  void backward(Gradients& g) override {
    const Tensor dy = g.out(0);
    if (g.wants(1)) {
      const auto dx = g.in(1);
      run(dy, dx.accumulate ? dx.tensor : Tensor(), dx.tensor, samples, key);
    }
    if (g.wants(0)) g.give(0, dy);
  }
};

}  // namespace

Tensor drop_path(const Tensor& residual, const Tensor& x, int64_t samples,
                 const kernels::DropoutKey& key) {
  check_matrix("drop_path", "x", x, 2);
  check_operand("drop_path", x, "residual", residual, x.shape());
  check_dropout("drop_path", key);
  if (samples < 1 || x.size(0) % samples != 0)
    throw ShapeError(str("[drop_path] x has shape ", x.shape(), ": its rows are not those of ",
                         samples, " samples"));
  if (!key.active()) return add(residual, x);
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  run(x, residual, y, samples, key);
  if (Tape* tape = recording({residual, x})) {
    auto node = std::make_unique<DropPathNode>();
    node->samples = samples;
    node->key = key;
    tape->record(std::move(node), {residual, x}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
