// Parameters of a model in flat arenas. A module declares its parameters on a ParameterBuilder by
// name, shape and starting values; build() lays all of them out in one buffer of weights and one of
// gradients.
//
//   ParameterBuilder builder;
//   Parameter weight = builder.add("fc.weight", {96, 32}, Init::truncated(0.02));
//   Parameter bias = builder.add("fc.bias", {96}, Init::fill(0));
//   ParameterStore store = builder.build(DType::f32, device, seed);
//   Tensor y = linear(x, weight, bias);   // once built, a Parameter converts to its tensor
//
// Mixed precision: build(DType::bf16, ..) keeps weights and gradients in f32 and adds a bf16 copy
// of the weights, which matrix products read. A copy is a leaf whose gradient is the f32 one.
//
// Fine-tuning: store.freeze(..) makes constants of parameters, in every module that holds them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "autograd/tape.h"
#include "core/arena.h"

namespace medley::autograd {

struct Init {
  enum Kind { zeros, constant, normal, truncated_normal, uniform, mean };
  Kind kind = zeros;
  // The constant, the standard deviation, or the half width. A truncated normal is cut at -2 and 2,
  // whatever its deviation, as timm does.
  double value = 0;

  static Init fill(double value) { return {constant, value}; }
  static Init normally(double std) { return {normal, std}; }
  static Init truncated(double std) { return {truncated_normal, std}; }
  static Init uniformly(double bound) { return {uniform, bound}; }
  // Of a matrix [C, n C], whose input is n vectors side by side: their mean, plus truncated normal
  // numbers.
  static Init near_mean(double std) { return {mean, std}; }
};

// Handle to a parameter: empty until its builder is built, then the leaf tensor.
class Parameter {
 public:
  Parameter() = default;
  operator const Tensor&() const { return tensor(); }  // NOLINT: implicit by design
  const Tensor& tensor() const;                        // throws AutogradError before build()
  // In the element type that the model computes in: what matrix products take.
  const Tensor& compute() const;

 private:
  friend class ParameterBuilder;
  friend struct ParameterStore;
  std::shared_ptr<Tensor> tensor_, compute_;
};

struct ParameterStore {
  FlatArena weights;
  FlatArena gradients;  // empty for a store without gradients (momentum towers)
  FlatArena compute;    // the copy of the weights in mixed precision, else empty
  std::unordered_map<std::string, Parameter> parameters;  // by name

  // Makes constants of the parameters that `which` says yes to: nothing that only they need is
  // recorded, so that backward does not go there, and AdamW leaves them as they are. `which` is
  // asked for the name of each parameter that has memory of its own (a tied name follows its owner)
  // and of its named parts. Throws ValueError where it divides a parameter from its parts.
  void freeze(const std::function<bool(const std::string& name)>& which);
  bool wants_gradient(const std::string& name) const;

  // Copies the weights anew: call it when they have changed. Nothing to do without a copy.
  void refresh() const;
  const ArenaLayout& layout() const { return weights.layout(); }
};

class ParameterBuilder {
 public:
  Parameter add(const std::string& name, const Shape& shape, Init init);
  // Rows [begin, end) of a parameter, under a name of their own (checkpoints list it; it is no
  // extra memory).
  Parameter part(const std::string& name, const std::string& of, int64_t begin, int64_t end);
  // The same memory under another name.
  Parameter tie(const std::string& name, const std::string& to);
  // dtype is what the model computes in; weights are wide(dtype). Starting values depend on seed
  // and name alone. with_gradients = false gives plain tensors that record nothing.
  ParameterStore build(DType dtype, Device device, uint64_t seed, bool with_gradients = true);
  // All zeros, to be loaded, and without gradients.
  ParameterStore build_zeros(DType dtype, Device device);

 private:
  Parameter declare(const std::string& name);
  ParameterStore allocate(DType dtype, Device device, bool with_gradients);

  ArenaLayout layout_;
  std::unordered_map<std::string, Parameter> parameters_;
  std::unordered_map<std::string, Init> inits_;  // of those with memory of their own
};

}  // namespace medley::autograd
