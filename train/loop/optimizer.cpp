// AdamW in at most three ranges: before, at and after the temperature.
#include "train/loop/optimizer.h"

#include "autograd/dtype_switch.h"
#include "kernels/adamw.h"
#include "kernels/dispatch.h"

namespace medley::train {
Optimizer::Optimizer(const autograd::ParameterStore& store, const OptimizerConfig& config,
                     const std::string& temperature)
    : store_(store),
      m_(store.layout(), store.weights.flat().dtype(), store.weights.flat().device()),
      v_(store.layout(), store.weights.flat().dtype(), store.weights.flat().device()),
      config_(config) {
  if (temperature.empty()) return;
  const ArenaEntry& entry = store.layout().entry(temperature);
  temperature_begin_ = entry.offset;
  // With the gap behind it, which is zero and stays zero: the last range begins aligned.
  constexpr int64_t kAlign = ArenaLayout::kAlign;
  temperature_end_ = (entry.offset + entry.shape.elements() + kAlign - 1) / kAlign * kAlign;
}

void Optimizer::step(double lr, const SquaredNorm& gradient, double clip) {
  ++steps_;
  update(0, temperature_begin_, lr, gradient, clip);
  update(temperature_begin_, temperature_end_, lr * config_.temperature_lr, gradient, clip);
  update(temperature_end_, store_.weights.flat().elements(), lr, gradient, clip);
  store_.weights.flat().bump_version();
  store_.refresh();
  m_.flat().bump_version();
  v_.flat().bump_version();
}

void Optimizer::update(int64_t begin, int64_t end, double lr, const SquaredNorm& gradient,
                       double clip) {
  if (begin == end) return;
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(adamw, store_.weights.flat().device(),
                  kernels::AdamW<T>{.n = end - begin,
                                    .weight = store_.weights.flat().data<T>() + begin,
                                    .gradient = store_.gradients.flat().data<T>() + begin,
                                    .m = m_.flat().data<T>() + begin,
                                    .v = v_.flat().data<T>() + begin,
                                    .step = steps_,
                                    .lr = lr,
                                    .beta1 = config_.beta1,
                                    .beta2 = config_.beta2,
                                    .eps = config_.eps,
                                    .decay = config_.decay,
                                    .squared_norm = gradient.sum.data<double>(),
                                    .nonfinite = gradient.nonfinite.data<int64_t>(),
                                    .clip = clip});
  };
  autograd::with_float("adamw", store_.weights.flat().dtype(), run);
}

}  // namespace medley::train
