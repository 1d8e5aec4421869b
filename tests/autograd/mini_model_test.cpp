// All ops in one model: precision, threads, Meta, repetition.
#include "tests/autograd/mini_model.h"

#include <cmath>

#include "core/flops.h"
#include "core/threads.h"
#include "tests/catch.h"

namespace medley::autograd {
namespace {

using tests::MiniModel;

struct Threads {  // for one test: the count before comes back
  int before = thread_count();
  ~Threads() { set_thread_count(before); }
};

TEST_CASE("all ops: f32 agrees with f64, loss and every gradient") {
  const MiniModel narrow(3, 8, DType::f32), wide(3, 8, DType::f64);
  const double loss32 = narrow.step(), loss64 = wide.step();
  CHECK(loss32 == Approx(loss64).epsilon(1e-5));
  for (const ArenaEntry& entry : wide.store.layout().entries()) {
    INFO(entry.name);
    const auto g32 = narrow.store.gradients.at(entry.name).to_vector<float>();
    const auto g64 = wide.store.gradients.at(entry.name).to_vector<double>();
    double error = 0, size = 0;
    for (size_t i = 0; i < g64.size(); ++i) {
      error += std::pow(static_cast<double>(g32[i]) - g64[i], 2);
      size += g64[i] * g64[i];
    }
    CHECK(size > 0);
    CHECK(std::sqrt(error) < 2e-5 * std::sqrt(size));
  }
}

TEST_CASE("all ops: gradients of the parameters against differences") {
  const MiniModel model(2, 4, DType::f64);
  model.step();
  double* w = model.store.weights.flat().data<double>();
  const auto g = model.store.gradients.flat().to_vector<double>();
  const auto at = [&](size_t i, double shift) {
    w[i] += shift;
    const double loss = model.loss().item();
    w[i] -= shift;
    return loss;
  };
  // The temperature is left out: its gradient takes the soft targets as constants.
  const auto end = static_cast<size_t>(model.store.layout().entry("temp").offset);
  for (size_t i = 0; i < end; i += 7) {
    const double eps = 1e-5, numeric = (at(i, eps) - at(i, -eps)) / (2 * eps);
    INFO("element " << i);
    CHECK(std::abs(g[i] - numeric) < 1e-7 + 1e-6 * std::abs(numeric));
  }
}

TEST_CASE("all ops: the same bits for 1, 2 and 3 threads, and again") {
  const Threads restore;
  const auto run = [](int threads) {
    set_thread_count(threads);
    const MiniModel model(150, 64, DType::f32);  // more than one thread's worth
    auto bits = std::vector<float>{static_cast<float>(model.step())};
    for (const float g : model.store.gradients.flat().to_vector<float>()) bits.push_back(g);
    return bits;
  };
  const std::vector<float> one = run(1);
  CHECK(run(1) == one);
  CHECK(run(2) == one);
  CHECK(run(3) == one);
}

TEST_CASE("all ops: Meta counts the FLOPs and keeps the bytes of the CPU") {
  const MiniModel real(3, 8, DType::f32), meta(3, 8, DType::f32, {Device::Meta, 0});
  size_t real_bytes = 0, meta_bytes = 0;
  reset_flops();
  real.step(&real_bytes);
  const int64_t flops = flops_counted();
  reset_flops();
  meta.step(&meta_bytes);
  CHECK(flops > 0);
  CHECK(flops_counted() == flops);
  CHECK(meta_bytes == real_bytes);
  CHECK(meta.store.gradients.flat().raw() == nullptr);
}

}  // namespace
}  // namespace medley::autograd
