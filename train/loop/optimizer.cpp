// AdamW in at most three ranges: before, at and after the temperature.
#include "train/loop/optimizer.h"

#include "autograd/dtype_switch.h"
#include "kernels/dispatch.h"

namespace medley::train {

Optimizer::Optimizer(const autograd::ParameterStore& store, const OptimizerConfig& config,
                     const std::string& temperature)
    : store_(store),
      m_(store.layout(), store.weights.flat().dtype(), store.weights.flat().device()),
      v_(store.layout(), store.weights.flat().dtype(), store.weights.flat().device()),
      config_(config) {
  int64_t begin = 0, end = 0;  // of the temperature
  if (!temperature.empty()) {
    const ArenaEntry& entry = store.layout().entry(temperature);
    begin = entry.offset;
    // With the gap behind it, which is zero and stays zero: the last range begins aligned.
    constexpr int64_t kAlign = ArenaLayout::kAlign;
    end = (begin + entry.shape.elements() + kAlign - 1) / kAlign * kAlign;
  }
  const int64_t elements = store.weights.flat().elements();
  for (const Range& range : {Range{0, begin}, {begin, end, config.temperature_lr}, {end, elements}})
    if (range.begin < range.end) ranges_.push_back(range);
}

void Optimizer::step(const SquaredNorm& gradient, double lr, double clip) {
  ++steps_;
  const auto update = [&](auto zero) {
    using T = decltype(zero);
    for (const auto& [begin, end, part] : ranges_)
      MEDLEY_KERNEL(adamw, device(),
                    kernels::AdamW<T>{.n = end - begin,
                                      .weight = store_.weights.flat().data<T>() + begin,
                                      .gradient = store_.gradients.flat().data<T>() + begin,
                                      .m = m_.flat().data<T>() + begin,
                                      .v = v_.flat().data<T>() + begin,
                                      .step = steps_,
                                      .lr = lr * part,
                                      .beta1 = config_.beta1,
                                      .beta2 = config_.beta2,
                                      .eps = config_.eps,
                                      .decay = config_.decay,
                                      .squared_norm = gradient.sum.data<double>(),
                                      .nonfinite = gradient.nonfinite.data<int64_t>(),
                                      .clip = clip});
  };
  autograd::with_float("adamw", store_.weights.flat().dtype(), update);
  store_.weights.flat().bump_version();
  store_.refresh();
  m_.flat().bump_version();
  v_.flat().bump_version();
}

}  // namespace medley::train
