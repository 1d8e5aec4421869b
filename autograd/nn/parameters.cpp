#include "autograd/nn/parameters.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>

#include "autograd/dtype_switch.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/str.h"
#include "kernels/cast.h"
#include "kernels/dispatch.h"

namespace medley::autograd {
namespace {

// FNV-1a: a parameter's numbers depend on its name, not on what else was declared.
uint64_t hash(const std::string& name) {
  uint64_t h = 14695981039346656037ull;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return h;
}

double draw(const Init& init, Random& random) {
  switch (init.kind) {
    case Init::zeros:
      return 0;
    case Init::constant:
      return init.value;
    case Init::normal:
      return init.value * random.normal();
    case Init::uniform:
      return random.uniform(-init.value, init.value);
    case Init::mean:
    case Init::truncated_normal:
      for (;;)
        if (const double x = init.value * random.normal(); std::abs(x) <= 2) return x;
  }
  return 0;
}

// Element `index` of the matrix [C, n C] that takes the mean of n vectors side by side.
float share_of_mean(const Shape& shape, size_t index) {
  const auto rows = static_cast<size_t>(shape[0]), columns = static_cast<size_t>(shape[1]);
  const bool same = index % columns % rows == index / columns;
  return same ? static_cast<float>(rows) / static_cast<float>(columns) : 0;
}

void fill(const Tensor& t, const std::string& name, const Init& init, uint64_t seed) {
  if (t.device().kind == Device::Meta || init.kind == Init::zeros) return;
  const uint64_t id = hash(name);
  Random random(seed, Purpose::init, id, static_cast<uint32_t>(id >> 32));
  with_float("parameters", t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    // Through float in both types, so that an f64 model starts from the same numbers as an f32 one.
    std::vector<T> values(static_cast<size_t>(t.elements()));
    for (size_t i = 0; i < values.size(); ++i) {
      auto value = static_cast<float>(draw(init, random));
      if (init.kind == Init::mean) value += share_of_mean(t.shape(), i);
      values[i] = static_cast<T>(value);
    }
    t.copy_from(Tensor::from(values, t.shape()));
  });
}

}  // namespace

const Tensor& Parameter::tensor() const {
  if (!tensor_ || !tensor_->defined())
    throw AutogradError("[parameter] used before its ParameterBuilder was built");
  return *tensor_;
}

const Tensor& Parameter::compute() const {
  return compute_ && compute_->defined() ? *compute_ : tensor();
}

void ParameterStore::refresh() const {
  if (!compute.flat().defined()) return;
  const Tensor &from = weights.flat(), &to = compute.flat();
  MEDLEY_KERNEL(cast, to.device(),
                kernels::Cast<float, bf16>{
                    .n = to.elements(), .x = from.data<float>(), .y = to.data<bf16>()});
  to.bump_version();
}

void ParameterStore::freeze(const std::function<bool(const std::string& name)>& which) {
  std::unordered_set<std::string> frozen;
  std::set<std::pair<int64_t, int64_t>> known;  // the first name of a range is not tied to another
  for (const ArenaEntry& entry : layout().entries()) {
    if (!known.emplace(entry.offset, entry.shape.elements()).second) continue;
    const bool yes = which(entry.name);
    if (entry.owner.empty()) {
      if (yes) frozen.insert(entry.name);
    } else if (yes != frozen.contains(entry.owner)) {
      throw ValueError(
          str("[freeze] '", entry.name, "' is a part of '", entry.owner,
              "' in memory, but only the ", yes ? "part" : "whole", " is to be frozen"),
          "freeze a parameter with all of its parts, or none of them");
    }
  }
  for (const ArenaEntry& entry : layout().entries()) {
    if (!frozen.contains(entry.owner.empty() ? entry.name : entry.owner)) continue;
    const Parameter& parameter = parameters.at(entry.name);
    parameter.tensor_->set_link(nullptr);
    parameter.compute_->set_link(nullptr);
  }
}

bool ParameterStore::wants_gradient(const std::string& name) const {
  return is_leaf(parameters.at(name));
}

Parameter ParameterBuilder::declare(const std::string& name) {
  Parameter& p = parameters_[name];
  p.tensor_ = std::make_shared<Tensor>();
  p.compute_ = std::make_shared<Tensor>();
  return p;
}

Parameter ParameterBuilder::add(const std::string& name, const Shape& shape, Init init) {
  layout_.add(name, shape);
  inits_[name] = init;
  return declare(name);
}

Parameter ParameterBuilder::part(const std::string& name, const std::string& of, int64_t begin,
                                 int64_t end) {
  layout_.part(name, of, begin, end);
  return declare(name);
}

Parameter ParameterBuilder::tie(const std::string& name, const std::string& to) {
  layout_.tie(name, to);
  return declare(name);
}

ParameterStore ParameterBuilder::allocate(DType dtype, Device device, bool with_gradients) {
  const bool mixed = wide(dtype) != dtype;
  ParameterStore store{
      FlatArena(layout_, wide(dtype), device),
      with_gradients ? FlatArena(layout_, wide(dtype), device) : FlatArena(),
      mixed ? FlatArena(layout_, dtype, device) : FlatArena(),
      parameters_,
  };
  for (const auto& [name, parameter] : parameters_) {
    Tensor &tensor = *parameter.tensor_, &compute = *parameter.compute_;
    tensor = store.weights.at(name);
    if (mixed) compute = store.compute.at(name);
    if (!with_gradients) continue;
    make_leaf(tensor, store.gradients.at(name), name);
    if (mixed) make_leaf(compute, store.gradients.at(name), name);
  }
  return store;
}

ParameterStore ParameterBuilder::build(DType dtype, Device device, uint64_t seed,
                                       bool with_gradients) {
  ParameterStore store = allocate(dtype, device, with_gradients);
  for (const auto& [name, init] : inits_) fill(parameters_.at(name), name, init, seed);
  store.refresh();
  return store;
}

ParameterStore ParameterBuilder::build_zeros(DType dtype, Device device) {
  return allocate(dtype, device, /*with_gradients=*/false);
}

}  // namespace medley::autograd
