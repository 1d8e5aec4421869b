// AdamW over a store: groups, rate, clipping, gradients that are not finite.
#include "autograd/optim/adamw.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

// Three parameters of 3 elements at 1, of 16 in the arena; their gradients are 2.
struct Model {
  ParameterStore store;
  Model() {
    ParameterBuilder builder;
    for (const char* name : {"first.weight", "first.bias", "second.weight"})
      builder.add(name, {3}, Init::fill(1));
    builder.tie("tied", "first.weight");
    store = builder.build(DType::f64, {}, 1);
    set_gradients(2);
  }
  void set_gradients(double value) {
    double* g = store.gradients.flat().data<double>();
    std::fill(g, g + store.gradients.flat().elements(), value);
  }
  double at(const char* name) const { return store.weights.at(name).data<double>()[2]; }
};

std::function<bool(const std::string&)> ends_with(const std::string& end) {
  return [=](const std::string& name) { return name.ends_with(end); };
}

// The first step from g: whatever its size, w goes to (1 - lr decay) w - lr, save for eps.
constexpr double kClose = 1e-7;

}  // namespace

TEST_CASE("adamw: the rate is that of the options until another is set") {
  Model model;
  AdamW optimizer(model.store, {.lr = 0.1, .decay = 0});
  optimizer.step();
  CHECK(model.at("first.weight") == Approx(0.9).margin(kClose));
  optimizer.set_lr(0.01);
  optimizer.step();
  CHECK(model.at("second.weight") == Approx(0.89).margin(kClose));
  CHECK(optimizer.steps() == 2);
  optimizer.zero_grad();
  CHECK(norm(model.store.gradients.flat()).value == 0);
}

TEST_CASE("adamw: a group has a rate and a decay of its own, in any place of the arena") {
  Model model;
  AdamW optimizer(model.store, {.lr = 0.1, .decay = 0.5},
                  {{.contains = ends_with(".bias"), .decay = 0},
                   {.contains = ends_with("second.weight"), .lr_factor = 0.1}});
  optimizer.step();
  CHECK(model.at("first.weight") == Approx(0.95 - 0.1).margin(kClose));
  CHECK(model.at("tied") == model.at("first.weight"));
  CHECK(model.at("first.bias") == Approx(1 - 0.1).margin(kClose));
  CHECK(model.at("second.weight") == Approx(0.995 - 0.01).margin(kClose));
}

TEST_CASE("adamw: a group of rate 0 stays as it is, whatever its gradients") {
  Model model;
  AdamW optimizer(model.store, {.lr = 0.1, .decay = 0.5},
                  {{.contains = ends_with(".bias"), .lr_factor = 0}});
  optimizer.step();
  CHECK(model.at("first.bias") == 1);
  CHECK(model.at("second.weight") == Approx(0.95 - 0.1).margin(kClose));
  CHECK_FALSE(optimizer.first_moment().layout().contains("first.bias"));
}

TEST_CASE("adamw: groups change nothing but what they say") {
  Model plain, cut;
  AdamW one(plain.store), three(cut.store, {}, {{.contains = ends_with(".bias"), .decay = 0.02}});
  for (int step = 0; step < 3; ++step) {
    one.step();
    three.step();
  }
  CHECK(cut.at("first.weight") == plain.at("first.weight"));
  CHECK(cut.at("second.weight") == plain.at("second.weight"));
  CHECK(cut.at("first.bias") < plain.at("first.bias"));
}

TEST_CASE("adamw: the norm over all groups is clipped, and only the first moment shows it") {
  Model model;
  AdamW optimizer(model.store, {.clip = 0.5}, {{.contains = ends_with(".bias"), .lr_factor = 2}});
  optimizer.step();
  CHECK(norm(optimizer.first_moment().flat()).value == Approx(0.1 * 0.5));
}

TEST_CASE("adamw: with a norm given, a gradient that is not finite changes nothing") {
  Model model;
  AdamW optimizer(model.store);
  model.store.gradients.at("first.bias").data<double>()[1] =
      std::numeric_limits<double>::quiet_NaN();
  const SquaredNorm squared = squared_norm(model.store.gradients.flat());
  optimizer.step(squared);
  optimizer.take_back();
  CHECK(on_host(squared).nonfinite == 1);
  CHECK(optimizer.steps() == 0);
  CHECK(model.at("first.weight") == 1);
  CHECK(norm(optimizer.second_moment().flat()).value == 0);
  optimizer.step();  // without: the rest is updated
  CHECK(model.at("first.weight") < 1);
  CHECK(std::isnan(model.store.weights.at("first.bias").data<double>()[1]));
}

TEST_CASE("adamw: a group without a parameter and a store without gradients are refused") {
  Model model;
  CHECK_THROWS_WITH(AdamW(model.store, {}, {{.contains = ends_with(".bais")}}),
                    Catch::Contains("group 0 of 1 contains no parameter"));
  ParameterBuilder builder;
  builder.add("weight", {2}, {});
  CHECK_THROWS_WITH(AdamW(builder.build_zeros(DType::f32, {})),
                    Catch::Contains("without gradients"));
}

}  // namespace medley::autograd
