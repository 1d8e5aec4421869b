// AdamW in at most three ranges: before, at and after the temperature.
#include "train/loop/optimizer.h"

#include <span>

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

template <class T>
kernels::AdamW<T> Optimizer::numbers(const Range& range) const {
  kernels::AdamW<T> numbers;
  numbers.step = steps_;
  numbers.lr = lr_ * range.part;
  numbers.beta1 = config_.beta1;
  numbers.beta2 = config_.beta2;
  numbers.eps = config_.eps;
  numbers.decay = config_.decay;
  return numbers;
}

void Optimizer::begin(double lr) {
  ++steps_;
  lr_ = lr;
  if (device().kind != Device::Cuda) return;
  std::vector<kernels::AdamWFactors<float>> factors;
  for (const Range& range : ranges_)
    factors.push_back(kernels::adamw_factors(numbers<float>(range)));
  constexpr size_t kFloats = sizeof(factors[0]) / sizeof(float);
  const std::span values(reinterpret_cast<const float*>(factors.data()), factors.size() * kFloats);
  const Tensor here = Tensor::from(values, {static_cast<int64_t>(factors.size()), kFloats});
  if (factors_.defined())
    factors_.copy_from(here);
  else
    factors_ = here.to(device());
}

void Optimizer::apply(const SquaredNorm& gradient, double clip) {
  const auto update = [&](auto zero) {
    using T = decltype(zero);
    for (size_t i = 0; i < ranges_.size(); ++i) {
      const auto [begin, end, part] = ranges_[i];
      kernels::AdamW<T> args = numbers<T>(ranges_[i]);
      args.n = end - begin;
      args.weight = store_.weights.flat().data<T>() + begin;
      args.gradient = store_.gradients.flat().data<T>() + begin;
      args.m = m_.flat().data<T>() + begin;
      args.v = v_.flat().data<T>() + begin;
      args.squared_norm = gradient.sum.data<double>();
      args.nonfinite = gradient.nonfinite.data<int64_t>();
      args.clip = clip;
      if (factors_.defined())
        args.device_factors = static_cast<kernels::AdamWFactors<T>*>(factors_.raw()) + i;
      MEDLEY_KERNEL(adamw, device(), args);
    }
  };
  autograd::with_float("adamw", store_.weights.flat().dtype(), update);
  store_.weights.flat().bump_version();
  store_.refresh();
  m_.flat().bump_version();
  v_.flat().bump_version();
}

}  // namespace medley::train
