#include "autograd/nn/parameters.h"

#include <algorithm>
#include <cmath>

#include "autograd/dtype_switch.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/str.h"

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
  if (t.device().kind == Device::Cuda) {  // the same numbers as on the CPU
    const Tensor host = Tensor::empty(t.shape(), t.dtype());
    fill(host, name, init, seed);
    t.copy_from(host);
    return;
  }
  const uint64_t id = hash(name);
  Random random(seed, Purpose::init, id, static_cast<uint32_t>(id >> 32));
  with_float("parameters", t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    // Through float in both types, so that an f64 model starts from the same numbers as an f32 one.
    for (int64_t i = 0; i < t.elements(); ++i)
      t.data<T>()[i] = static_cast<T>(static_cast<float>(draw(init, random)));
  });
}

}  // namespace

const Tensor& Parameter::tensor() const {
  if (!tensor_ || !tensor_->defined())
    throw AutogradError("[parameter] used before its ParameterBuilder was built");
  return *tensor_;
}

Parameter ParameterBuilder::add(const std::string& name, const Shape& shape, Init init) {
  layout_.add(name, shape);
  declared_.push_back({name, init, std::make_shared<Tensor>()});
  Parameter p;
  p.tensor_ = declared_.back().tensor;
  return p;
}

Parameter ParameterBuilder::part(const std::string& name, const std::string& of, int64_t begin,
                                 int64_t end) {
  layout_.part(name, of, begin, end);
  declared_.push_back({name, {}, std::make_shared<Tensor>()});
  Parameter p;
  p.tensor_ = declared_.back().tensor;
  return p;
}

Parameter ParameterBuilder::tie(const std::string& name, const std::string& to) {
  layout_.tie(name, to);
  declared_.push_back({name, {}, std::make_shared<Tensor>()});
  Parameter p;
  p.tensor_ = declared_.back().tensor;
  return p;
}

ParameterStore ParameterBuilder::allocate(DType dtype, Device device, bool with_gradients) {
  ParameterStore store{FlatArena(layout_, dtype, device),
                       with_gradients ? FlatArena(layout_, dtype, device) : FlatArena()};
  for (const Declared& d : declared_) {
    *d.tensor = store.weights.at(d.name);
    if (with_gradients) make_leaf(*d.tensor, store.gradients.at(d.name), d.name);
  }
  return store;
}

ParameterStore ParameterBuilder::build(DType dtype, Device device, uint64_t seed,
                                       bool with_gradients) {
  ParameterStore store = allocate(dtype, device, with_gradients);
  for (const Declared& d : declared_)
    if (layout_.entry(d.name).owner.empty()) fill(*d.tensor, d.name, d.init, seed);
  return store;
}

ParameterStore ParameterBuilder::build_zeros(DType dtype, Device device) {
  return allocate(dtype, device, /*with_gradients=*/false);
}

}  // namespace medley::autograd
