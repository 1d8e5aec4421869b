#include "autograd/nn/parameters.h"

#include <algorithm>
#include <cmath>

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
    case Init::truncated_normal:
      for (;;)
        if (const double x = init.value * random.normal(); std::abs(x) <= 2) return x;
  }
  return 0;
}

void fill(const Tensor& t, const std::string& name, const Init& init, uint64_t seed) {
  if (t.device().kind == Device::Meta || init.kind == Init::zeros) return;
  const uint64_t id = hash(name);
  Random random(seed, Purpose::init, id, static_cast<uint32_t>(id >> 32));
  with_float("parameters", t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    // Through float in both types, so that an f64 model starts from the same numbers as an f32 one.
    std::vector<T> values(static_cast<size_t>(t.elements()));
    for (T& value : values) value = static_cast<T>(static_cast<float>(draw(init, random)));
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

Parameter ParameterBuilder::declare(const std::string& name, Init init) {
  declared_.push_back({name, init, std::make_shared<Tensor>(), std::make_shared<Tensor>()});
  Parameter p;
  p.tensor_ = declared_.back().tensor;
  p.compute_ = declared_.back().compute;
  return p;
}

Parameter ParameterBuilder::add(const std::string& name, const Shape& shape, Init init) {
  layout_.add(name, shape);
  return declare(name, init);
}

Parameter ParameterBuilder::part(const std::string& name, const std::string& of, int64_t begin,
                                 int64_t end) {
  layout_.part(name, of, begin, end);
  return declare(name, {});
}

Parameter ParameterBuilder::tie(const std::string& name, const std::string& to) {
  layout_.tie(name, to);
  return declare(name, {});
}

ParameterStore ParameterBuilder::allocate(DType dtype, Device device, bool with_gradients) {
  const bool mixed = wide(dtype) != dtype;
  ParameterStore store{
      FlatArena(layout_, wide(dtype), device),
      with_gradients ? FlatArena(layout_, wide(dtype), device) : FlatArena(),
      mixed ? FlatArena(layout_, dtype, device) : FlatArena(),
  };
  for (const Declared& d : declared_) {
    *d.tensor = store.weights.at(d.name);
    if (mixed) *d.compute = store.compute.at(d.name);
    if (!with_gradients) continue;
    make_leaf(*d.tensor, store.gradients.at(d.name), d.name);
    if (mixed) make_leaf(*d.compute, store.gradients.at(d.name), d.name);
  }
  return store;
}

ParameterStore ParameterBuilder::build(DType dtype, Device device, uint64_t seed,
                                       bool with_gradients) {
  ParameterStore store = allocate(dtype, device, with_gradients);
  for (const Declared& d : declared_)
    if (layout_.entry(d.name).owner.empty()) fill(*d.tensor, d.name, d.init, seed);
  store.refresh();
  return store;
}

ParameterStore ParameterBuilder::build_zeros(DType dtype, Device device) {
  return allocate(dtype, device, /*with_gradients=*/false);
}

}  // namespace medley::autograd
