// AdamW in at most three ranges: before, at and after the temperature.
#include "train/loop/optimizer.h"

#include "core/error.h"
#include "core/str.h"
#include "kernels/adamw.h"

namespace medley::train {
namespace {

template <class T>
kernels::AdamW<T> arguments(const FlatArena& weights, const FlatArena& gradients,
                            const FlatArena& m, const FlatArena& v, int64_t begin, int64_t end) {
  kernels::AdamW<T> args;
  args.n = end - begin;
  args.weight = weights.flat().data<T>() + begin;
  args.gradient = gradients.flat().data<T>() + begin;
  args.m = m.flat().data<T>() + begin;
  args.v = v.flat().data<T>() + begin;
  return args;
}

}  // namespace

Optimizer::Optimizer(const autograd::ParameterStore& store, const OptimizerConfig& config,
                     const std::string& temperature)
    : weights_(store.weights),
      gradients_(store.gradients),
      m_(store.layout(), store.weights.flat().dtype(), store.weights.flat().device()),
      v_(store.layout(), store.weights.flat().dtype(), store.weights.flat().device()),
      config_(config) {
  if (weights_.flat().device().kind != Device::Cpu)
    throw DeviceError("[adamw] only the CPU trains in this version");
  if (temperature.empty()) return;
  const ArenaEntry& entry = store.layout().entry(temperature);
  temperature_begin_ = entry.offset;
  temperature_end_ = entry.offset + entry.shape.elements();
}

void Optimizer::step(double lr, double gradient_scale) {
  ++steps_;
  update(0, temperature_begin_, lr, gradient_scale);
  update(temperature_begin_, temperature_end_, lr * config_.temperature_lr, gradient_scale);
  update(temperature_end_, weights_.flat().elements(), lr, gradient_scale);
  weights_.flat().bump_version();
  m_.flat().bump_version();
  v_.flat().bump_version();
}

void Optimizer::update(int64_t begin, int64_t end, double lr, double gradient_scale) {
  if (begin == end) return;
  auto run = [&](auto args) {
    args.step = steps_;
    args.lr = lr;
    args.beta1 = config_.beta1;
    args.beta2 = config_.beta2;
    args.eps = config_.eps;
    args.decay = config_.decay;
    args.gradient_scale = gradient_scale;
    kernels::cpu::adamw(args);
  };
  if (weights_.flat().dtype() == DType::f64)
    run(arguments<double>(weights_, gradients_, m_, v_, begin, end));
  else
    run(arguments<float>(weights_, gradients_, m_, v_, begin, end));
}

}  // namespace medley::train
