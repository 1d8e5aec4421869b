#include "autograd/ops/layernorm.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
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
      const Tensor dy = g.out(0), in = x.get();
      // The kernel makes all three at once: what nobody wants goes to a scratch tensor.
      const auto destination = [&](int i, const Shape& shape) {
        if (g.wants(i)) {
          const auto d = g.in(i);
          if (i > 0 && !d.accumulate) d.tensor.fill_zero();
          return d;
        }
        return Gradients::Destination{Tensor::zeros(shape, in.dtype(), in.device()), false};
      };
      const Shape row = weight.unchecked().shape();
      const auto dx = destination(0, in.shape());
      const auto dweight = destination(1, row), dbias = destination(2, row);
      MEDLEY_KERNEL(layernorm_backward, in.device(),
                    kernels::LayerNormBackward<T>{.rows = in.elements() / row[0],
                                                  .n = row[0],
                                                  .dy = dy.data<T>(),
                                                  .x = in.data<T>(),
                                                  .weight = weight.get().template data<T>(),
                                                  .mean = mean.get().template data<T>(),
                                                  .rstd = rstd.get().template data<T>(),
                                                  .dx = dx.tensor.template data<T>(),
                                                  .accumulate = dx.accumulate,
                                                  .dweight = dweight.tensor.template data<T>(),
                                                  .dbias = dbias.tensor.template data<T>()});
    });
  }
};

}  // namespace

Tensor layernorm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  check_shape("layernorm", "x", x, x.shape());
  const int64_t n = x.size(-1), rows = n == 0 ? 0 : x.elements() / n;
  check_shape("layernorm", "weight", weight, {n});
  check_shape("layernorm", "bias", bias, {n});
  check_same_kind("layernorm", x, "weight", weight);
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  const Tensor mean = Tensor::empty({rows}, x.dtype(), x.device());
  const Tensor rstd = Tensor::empty({rows}, x.dtype(), x.device());
  with_float("layernorm", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(layernorm_forward, x.device(),
                  kernels::LayerNormForward<T>{.rows = rows,
                                               .n = n,
                                               .x = x.data<T>(),
                                               .weight = weight.data<T>(),
                                               .bias = bias.data<T>(),
                                               .eps = static_cast<T>(eps),
                                               .y = y.data<T>(),
                                               .mean = mean.data<T>(),
                                               .rstd = rstd.data<T>()});
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
