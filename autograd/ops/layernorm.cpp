#include "autograd/ops/layernorm.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "kernels/dispatch.h"
#include "kernels/layernorm.h"

namespace medley::autograd {
namespace {

struct LayerNormNode final : Node {
  Saved x{"x"}, weight{"weight"}, mean{"mean"}, rstd{"rstd"};

  const char* name() const override { return "layernorm"; }
  std::vector<Saved*> saved() override { return {&x, &weight, &mean, &rstd}; }

  void backward(Gradients& g) override {
    with_float("layernorm", x.unchecked().dtype(), [&](auto zero) {
      using T = decltype(zero);
      using W = kernels::Wide<T>;
      const Tensor dy = g.out(0), in = x.get();
      // The kernel always makes dx: when nobody wants it, it goes to a buffer that nobody reads.
      const auto dx = g.wants(0) ? g.in(0)
                                 : Gradients::Destination{
                                       Tensor::empty(in.shape(), in.dtype(), in.device()), false};
      const bool affine = g.wants(1) || g.wants(2);
      const Tensor dweight = affine ? g.sum(1) : Tensor(), dbias = affine ? g.sum(2) : Tensor();
      const int64_t n = weight.unchecked().size(0);
      MEDLEY_KERNEL(layernorm_backward, in.device(),
                    kernels::LayerNormBackward<T>{.rows = mean.unchecked().size(0),
                                                  .n = n,
                                                  .dy = dy.data<T>(),
                                                  .x = in.data<T>(),
                                                  .weight = weight.get().template data<W>(),
                                                  .mean = mean.get().template data<W>(),
                                                  .rstd = rstd.get().template data<W>(),
                                                  .dx = dx.tensor.template data<T>(),
                                                  .accumulate = dx.accumulate,
                                                  .dweight = affine ? dweight.data<W>() : nullptr,
                                                  .dbias = affine ? dbias.data<W>() : nullptr});
    });
  }
};

}  // namespace

Tensor layernorm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  check_shape("layernorm", "x", x, x.shape());
  if (x.rank() < 1) throw ShapeError("[layernorm] x is a scalar: there is nothing to normalise");
  const int64_t n = x.size(-1), rows = n == 0 ? 0 : x.elements() / n;
  check_wide_operand("layernorm", x, "weight", weight, {n});
  check_wide_operand("layernorm", x, "bias", bias, {n});
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  const Tensor mean = Tensor::empty({rows}, wide(x.dtype()), x.device());
  const Tensor rstd = Tensor::empty({rows}, wide(x.dtype()), x.device());
  with_float("layernorm", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    using W = kernels::Wide<T>;
    MEDLEY_KERNEL(layernorm_forward, x.device(),
                  kernels::LayerNormForward<T>{.rows = rows,
                                               .n = n,
                                               .x = x.data<T>(),
                                               .weight = weight.data<W>(),
                                               .bias = bias.data<W>(),
                                               .eps = static_cast<W>(eps),
                                               .y = y.data<T>(),
                                               .mean = mean.data<W>(),
                                               .rstd = rstd.data<W>()});
  });
  if (Tape* tape = recording({x, weight, bias})) {
    auto node = std::make_unique<LayerNormNode>();
    node->x = x;
    node->weight = weight;
    node->mean = mean;
    node->rstd = rstd;
    tape->record(std::move(node), {x, weight, bias}, {&y});
  }
  return y;
}

}  // namespace medley::autograd
