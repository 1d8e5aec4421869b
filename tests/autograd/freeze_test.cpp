// Frozen parameters: backward does not go where nothing but they would want a gradient.
#include <array>

#include "autograd/nn/linear.h"
#include "autograd/ops/add.h"
#include "autograd/ops/gelu.h"
#include "autograd/optim/adamw.h"
#include "autograd/recompute.h"
#include "core/error.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using Catch::Contains;
using tests::random_tensor;

std::function<bool(const std::string&)> begins_with(const std::string& beginning) {
  return [=](const std::string& name) { return name.starts_with(beginning); };
}

// Two towers of two linear layers each, and a head on their sum.
struct Model {
  ParameterStore store;
  std::array<Linear, 2> left, right;
  Linear head;
  bool recompute = false;

  Model() {
    ParameterBuilder builder;
    for (const size_t i : {size_t{0}, size_t{1}}) {
      left[i] = Linear(builder, "left." + std::to_string(i), 4, 4);
      right[i] = Linear(builder, "right." + std::to_string(i), 4, 4);
    }
    head = Linear(builder, "head", 4, 3);
    store = builder.build(DType::f64, {}, 1);
  }
  Tensor run(const std::array<Linear, 2>& tower, const Tensor& x) const {
    const auto layers = [&](const std::vector<Tensor>& in) {
      return gelu(tower[1](gelu(tower[0](in[0]))));
    };
    return recompute ? checkpoint(layers, {x}) : layers({x});
  }
  // The number of ops on the tape; gradients are in the store.
  size_t step() const {
    const Tensor x = random_tensor({5, 4}, 1);
    store.gradients.flat().fill_zero();
    Tape tape;
    const Tensor y = tape.record([&] { return head(add(run(left, x), run(right, x))); });
    const size_t nodes = tape.nodes();
    tape.backward({y}, {random_tensor({5, 3}, 2)});
    return nodes;
  }
  std::vector<double> gradient(const std::string& name) const {
    return store.gradients.at(name).to_vector<double>();
  }
  std::vector<double> weight(const std::string& name) const {
    return store.weights.at(name).to_vector<double>();
  }
};

TEST_CASE(
    "freeze: the way to a frozen tower is not recorded, and the rest has the same gradients") {
  Model whole, part;
  part.store.freeze(begins_with("left."));
  whole.recompute = part.recompute = GENERATE(false, true);
  CHECK(whole.step() == (whole.recompute ? 4 : 10));
  CHECK(part.step() == (part.recompute ? 3 : 6));
  for (const char* name : {"right.0.weight", "right.1.bias", "head.weight"}) {
    CHECK(part.store.wants_gradient(name));
    CHECK(part.gradient(name) == whole.gradient(name));
  }
  for (const char* name : {"left.0.weight", "left.1.bias"}) {
    CHECK_FALSE(part.store.wants_gradient(name));
    CHECK(part.gradient(name) == std::vector<double>(part.gradient(name).size()));
    CHECK(part.weight(name) == whole.weight(name));
  }
}

TEST_CASE("freeze: below what is trained backward stops, above it only inputs get gradients") {
  Model whole, part;
  part.store.freeze(begins_with("left.0"));
  part.store.freeze(begins_with("head"));
  whole.step();
  CHECK(part.step() == 8);
  CHECK(part.gradient("left.1.weight") == whole.gradient("left.1.weight"));
  CHECK(part.gradient("head.weight") == std::vector<double>(12));
}

TEST_CASE("freeze: AdamW leaves frozen parameters as they are, and keeps no moments of them") {
  Model whole, part;
  part.store.freeze(begins_with("left.1"));
  AdamW every(whole.store, {.decay = 0.1}), some(part.store, {.decay = 0.1});
  const std::vector<double> weight = part.weight("left.1.weight"),
                            bias = part.weight("left.1.bias");
  for (int step = 0; step < 3; ++step) {
    whole.step();
    every.step();
    part.step();
    some.step();
  }
  CHECK(part.weight("left.1.weight") == weight);
  CHECK(part.weight("left.1.bias") == bias);
  CHECK_FALSE(some.first_moment().layout().contains("left.1.weight"));
  CHECK(some.second_moment().layout().contains("left.0.weight"));
  CHECK(every.elements() == 4 * 20 + 15);
  CHECK(some.elements() == 3 * 20 + 15);
}

TEST_CASE("freeze: with one frozen parameter in the middle the others move as without it") {
  // Gradients that do not depend on what is frozen.
  const auto moved = [](bool frozen) {
    ParameterBuilder b;
    for (const char* name : {"a", "b", "c"}) b.add(name, {3}, Init::normally(1));
    ParameterStore store = b.build(DType::f64, {}, 1);
    if (frozen) store.freeze(begins_with("b"));
    AdamW optimizer(store);
    for (int step = 1; step < 4; ++step) {
      double* g = store.gradients.flat().data<double>();
      for (int64_t i = 0; i < store.gradients.flat().elements(); ++i)
        g[i] = static_cast<double>(step * (i % 7 - 3));
      optimizer.step();
    }
    return std::pair(store.weights.at("a").to_vector<double>(),
                     store.weights.at("c").to_vector<double>());
  };
  CHECK(moved(true) == moved(false));
}

TEST_CASE("freeze: a bf16 copy is frozen with its weight") {
  ParameterBuilder b;
  const Parameter w = b.add("w", {4, 4}, Init::normally(1)), u = b.add("u", {4}, {});
  ParameterStore store = b.build(DType::bf16, {}, 1);
  CHECK(is_leaf(w.compute()));
  store.freeze(begins_with("w"));
  CHECK_FALSE(is_leaf(w.compute()));
  CHECK_FALSE(is_leaf(w));
  CHECK(is_leaf(u.compute()));
}

TEST_CASE("freeze: a tie follows its owner, a part goes with the whole") {
  const auto store = [] {
    ParameterBuilder b;
    b.add("self.qkv", {6, 4}, Init::normally(1));
    for (const int64_t i : {0, 1, 2})
      b.part("self." + std::string(1, "qkv"[i]), "self.qkv", 2 * i, 2 * i + 2);
    b.tie("decoder", "self.qkv");
    b.tie("decoder.v", "self.v");
    b.add("bias", {4}, {});
    return b.build(DType::f64, {}, 1);
  };
  ParameterStore self = store();
  self.freeze(begins_with("self."));
  for (const char* name : {"self.qkv", "self.k", "decoder", "decoder.v"})
    CHECK_FALSE(self.wants_gradient(name));
  CHECK(self.wants_gradient("bias"));

  ParameterStore tie = store();
  tie.freeze(begins_with("decoder"));
  CHECK(tie.wants_gradient("decoder"));
  CHECK_THROWS_WITH(store().freeze(begins_with("self.k")),
                    Contains("'self.k' is a part of 'self.qkv' in memory, but only the part"));
  CHECK_THROWS_WITH(store().freeze([](const std::string& name) { return name == "self.qkv"; }),
                    Contains("'self.q' is a part") && Contains("only the whole"));
}

TEST_CASE("freeze: when everything is frozen there is nothing to train") {
  Model model;
  model.store.freeze(begins_with(""));
  CHECK(AdamW(model.store).elements() == 0);
}

}  // namespace
}  // namespace medley::autograd
