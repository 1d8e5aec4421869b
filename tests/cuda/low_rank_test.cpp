// Low-rank adaptation on CUDA against the CPU's.
#include "autograd/optim/low_rank.h"

#include "autograd/nn/linear.h"
#include "tests/cuda/support.h"

namespace medley::tests {
namespace {

using namespace autograd;

struct Result {
  std::vector<double> weights, gradients;
  bool operator==(const Result&) const = default;
};

std::vector<double> values(const Tensor& t) { return t.to(DType::f64).to_vector<double>(); }

// Two steps with gradients of the matrices that are given; in bf16 the weights are its copy.
Result adapt(DType dtype, Device device) {
  ParameterBuilder builder;
  Linear::fused(builder, "self", "qkv", {"query", "key", "value"}, 24, 16, Init::normally(0.5));
  builder.add("fc.weight", {40, 16}, Init::normally(0.5));
  ParameterStore store = builder.build(dtype, device, 1);
  LowRank low_rank(store, {"self.query.weight", "self.value.weight", "fc.weight"},
                   {.rank = 5, .alpha = 10});
  AdamW optimizer(low_rank.factors(), {.lr = 0.1});
  Result result;
  for (int step = 0; step < 2; ++step) {
    store.gradients.flat().copy_from(store.weights.flat());
    low_rank.pull_gradients();
    optimizer.step();
    low_rank.merge();
  }
  const FlatArena& read = dtype == DType::bf16 ? store.compute : store.weights;
  return {values(read.flat()), values(low_rank.factors().gradients.flat())};
}

TEST_CASE("low rank on CUDA: weights and gradients are the CPU's", "[low_rank]") {
  if (no_device()) return;
  const Result exact = adapt(DType::f64, {});
  const auto check = [&](DType dtype, double tolerance) {
    const Result device = for_each_schedule([&] { return adapt(dtype, kCuda); });
    for (size_t i = 0; i < exact.weights.size(); ++i)
      CHECK(device.weights[i] == Approx(exact.weights[i]).epsilon(tolerance).margin(1e-5));
    for (size_t i = 0; i < exact.gradients.size(); ++i)
      CHECK(device.gradients[i] == Approx(exact.gradients[i]).epsilon(1e-4).margin(1e-5));
  };
  check(DType::f32, 1e-4);
  check(DType::bf16, 0.005);
}

}  // namespace
}  // namespace medley::tests
