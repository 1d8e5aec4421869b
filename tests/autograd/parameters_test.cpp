// Parameters in arenas: names, ties, parts, starting values.
#include "autograd/nn/parameters.h"

#include <cmath>

#include "autograd/ops/linear.h"
#include "core/error.h"
#include "tests/autograd/support.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

TEST_CASE("parameters: starting values depend on seed and name alone") {
  const auto build = [](bool swapped, uint64_t seed, DType dtype) {
    ParameterBuilder b;
    if (swapped) b.add("other", {3}, Init::normally(1));
    b.add("weight", {40, 50}, Init::truncated(0.02));
    return b.build(dtype, {}, seed).weights.at("weight").to(DType::f32).to_vector<float>();
  };
  CHECK(build(false, 1, DType::f32) == build(true, 1, DType::f32));
  CHECK(build(false, 1, DType::f32) == build(false, 1, DType::f64));
  CHECK(build(false, 1, DType::f32) != build(false, 2, DType::f32));
}

TEST_CASE("parameters: the distributions are the ones asked for") {
  ParameterBuilder b;
  b.add("normal", {20000}, Init::normally(0.5));
  b.add("cut", {20000}, Init::truncated(1.5));
  b.add("uniform", {20000}, Init::uniformly(0.25));
  b.add("ones", {10}, Init::fill(1));
  b.add("mean", {2, 6}, Init::near_mean(0.001));
  const ParameterStore store = b.build(DType::f64, {}, 3);
  const auto moments = [&](const char* name, double& largest) {
    double sum = 0, square = 0;
    largest = 0;
    const auto values = store.weights.at(name).to_vector<double>();
    for (const double v : values) {
      sum += v;
      square += v * v;
      largest = std::max(largest, std::abs(v));
    }
    CHECK(std::abs(sum / 20000) < 0.03);
    return std::sqrt(square / 20000);
  };
  double largest = 0;
  CHECK(moments("normal", largest) == Approx(0.5).epsilon(0.02));
  const double cut = moments("cut", largest);
  CHECK(largest <= 2);
  CHECK(cut < 1.5);
  CHECK(moments("uniform", largest) == Approx(0.25 / std::sqrt(3.0)).epsilon(0.02));
  CHECK(largest <= 0.25);
  for (const double v : store.weights.at("ones").to_vector<double>()) CHECK(v == 1);
  const std::vector<double> mean = store.weights.at("mean").to_vector<double>();
  for (size_t i = 0; i < mean.size(); ++i) {
    CAPTURE(i);
    const double third = i / 6 == i % 2 ? 1.0 / 3 : 0;
    CHECK(std::abs(mean[i] - third) < 0.005);
    CHECK(mean[i] != third);
  }
}

TEST_CASE("parameters: tied names and parts are one memory, gradients too") {
  ParameterBuilder b;
  const Parameter whole = b.add("qkv", {6, 4}, Init::normally(1));
  const Parameter key = b.part("key", "qkv", 2, 4);
  const Parameter tied = b.tie("decoder.qkv", "qkv");
  const ParameterStore store = b.build(DType::f64, {}, 1);
  CHECK(key.tensor().data<double>() == whole.tensor().data<double>() + 8);
  CHECK(tied.tensor().data<double>() == whole.tensor().data<double>());

  const Tensor x = tests::random_tensor({3, 4}, 1);
  Tape tape;
  Tensor y;
  {
    const Recording recording(tape);
    y = linear(x, key, Tensor());
  }
  tape.backward({y}, {tests::random_tensor({3, 2}, 2)});
  const auto g = store.gradients.at("decoder.qkv").to_vector<double>();
  for (size_t i = 0; i < g.size(); ++i) CHECK((g[i] != 0) == (i >= 8 && i < 16));
}

TEST_CASE("parameters: gradients of all names of one memory add up") {
  ParameterBuilder b;
  const Parameter whole = b.add("word", {4, 4}, Init::normally(1));
  const Parameter tied = b.tie("head", "word");
  const ParameterStore store = b.build(DType::f64, {}, 1);
  const Tensor x = tests::random_tensor({3, 4}, 1), seed = tests::random_tensor({3, 4}, 2);
  const auto run = [&](const Tensor& first, const Tensor& second) {
    store.gradients.flat().fill_zero();
    Tape tape;
    Tensor y;
    {
      const Recording recording(tape);
      y = linear(linear(x, first, Tensor()), second, Tensor());
    }
    tape.backward({y}, {seed});
    return store.gradients.at("word").to_vector<double>();
  };
  const auto both = run(whole, tied), inner = run(whole, tied.tensor().detach()),
             outer = run(whole.tensor().detach(), tied);
  for (size_t i = 0; i < both.size(); ++i) CHECK(both[i] == Approx(inner[i] + outer[i]));
}

TEST_CASE("parameters: a store without gradients records nothing, use before build is refused") {
  ParameterBuilder b;
  const Parameter w = b.add("w", {2, 4}, Init::normally(1));
  CHECK_THROWS_AS(w.tensor(), AutogradError);
  const ParameterStore store = b.build(DType::f64, {}, 1, false);
  CHECK_FALSE(is_leaf(w));
  CHECK_FALSE(store.gradients.flat().defined());
}

}  // namespace
}  // namespace medley::autograd
