// ReLU: exact, so against the definition.
#include "kernels/relu.h"

#include "tests/ops/cases/relu_cases.h"
#include "tests/ops/finite_differences.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

TEST_CASE("relu", "[relu]") {
  for (const auto& [n] : cases::relu_cases()) {
    const auto x = numbers<float>(n, 1), dy = numbers<float>(n, 2);
    Output<float> y(n), dx(n), over_x(x);
    kernels::cpu::relu_forward(kernels::ReluForward<float>{.n = n, .x = x.data(), .y = y.data()});
    kernels::cpu::relu_forward(
        kernels::ReluForward<float>{.n = n, .x = over_x.data(), .y = over_x.data()});
    kernels::cpu::relu_backward(
        kernels::ReluBackward<float>{.n = n, .dy = dy.data(), .y = y.data(), .dx = dx.data()});
    std::vector<double> values, in_place, gradients, right, right_gradients;
    y.collect(values);
    over_x.collect(in_place);
    dx.collect(gradients);
    for (size_t i = 0; i < x.size(); ++i) {
      right.push_back(static_cast<double>(std::max(x[i], 0.0f)));
      right_gradients.push_back(x[i] > 0 ? static_cast<double>(dy[i]) : 0);
    }
    CHECK(values == right);
    CHECK(in_place == right);
    CHECK(gradients == right_gradients);
  }
}

TEST_CASE("relu: zero and NaN", "[relu]") {
  const std::vector<double> x{0, std::numeric_limits<double>::quiet_NaN(), -0.0}, ones(3, 1);
  std::vector<double> y(3), dx(3);
  kernels::cpu::relu_forward(kernels::ReluForward<double>{.n = 3, .x = x.data(), .y = y.data()});
  kernels::cpu::relu_backward(
      kernels::ReluBackward<double>{.n = 3, .dy = ones.data(), .y = y.data(), .dx = dx.data()});
  CHECK((y[0] == 0 && std::isnan(y[1]) && y[2] == 0));
  CHECK((dx[0] == 0 && dx[1] == 1 && dx[2] == 0));
}

}  // namespace
}  // namespace medley::tests
