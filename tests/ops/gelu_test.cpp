// GELU and its gradient against f64, over the whole range where they are not 0 or x.
#include "kernels/gelu.h"

#include "kernels/reference/gelu.h"
#include "tests/ops/cases/gelu_cases.h"
#include "tests/ops/finite_differences.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

template <class T>
Outputs forward(int64_t n, void (*op)(const kernels::GeluForward<T>&)) {
  const auto x = numbers<T>(n, 1, 9);
  Output<T> y(n);
  op({.n = n, .x = x.data(), .y = y.data()});
  Outputs all;
  y.collect(all);
  return all;
}

template <class T>
Outputs backward(int64_t n, bool accumulate, void (*op)(const kernels::GeluBackward<T>&)) {
  const auto x = numbers<T>(n, 1, 9), dy = numbers<T>(n, 2);
  Output<T> dx = accumulate ? Output<T>(numbers<T>(n, 3)) : Output<T>(n);
  op({.n = n, .dy = dy.data(), .x = x.data(), .dx = dx.data(), .accumulate = accumulate});
  Outputs all;
  dx.collect(all);
  return all;
}

TEST_CASE("gelu", "[gelu]") {
  for (const auto& [n] : cases::gelu_cases()) {
    CAPTURE(n);
    check_kernel([&, n = n] { return forward<float>(n, kernels::cpu::gelu_forward); },
                 [&, n = n] { return forward<float>(n, kernels::reference::gelu_forward<float>); },
                 [&, n = n] { return forward<double>(n, kernels::cpu::gelu_forward); }, 2);
    for (const bool accumulate : {false, true})
      check_kernel(
          [&, n = n] { return backward<float>(n, accumulate, kernels::cpu::gelu_backward); },
          [&, n = n] {
            return backward<float>(n, accumulate, kernels::reference::gelu_backward<float>);
          },
          [&, n = n] { return backward<double>(n, accumulate, kernels::cpu::gelu_backward); }, 3);
  }
}

TEST_CASE("gelu: gradient", "[gelu]") {
  auto x = numbers<double>(50, 1, 5);
  std::vector<double> y(x.size()), dx(x.size());
  const auto loss = [&] {
    kernels::cpu::gelu_forward(kernels::GeluForward<double>{.n = 50, .x = x.data(), .y = y.data()});
    return contract(y);
  };
  const auto dy = weights_of(y);
  kernels::cpu::gelu_backward(
      kernels::GeluBackward<double>{.n = 50, .dy = dy.data(), .x = x.data(), .dx = dx.data()});
  check_gradient(x, dx, loss);
}

TEST_CASE("gelu: in place", "[gelu]") {
  const auto x = numbers<float>(1003, 1, 5), dy = numbers<float>(1003, 2);
  for_each_variant([&](int) {
    std::vector<float> y(x.size()), dx(x.size()), over_x = x, over_dy = dy;
    for (const auto& [from, to] : {std::pair{x.data(), y.data()}, {over_x.data(), over_x.data()}})
      kernels::cpu::gelu_forward(kernels::GeluForward<float>{.n = 1003, .x = from, .y = to});
    CHECK(over_x == y);
    for (const auto& [from, to] :
         {std::pair{dy.data(), dx.data()}, {over_dy.data(), over_dy.data()}})
      kernels::cpu::gelu_backward(
          kernels::GeluBackward<float>{.n = 1003, .dy = from, .x = x.data(), .dx = to});
    CHECK(over_dy == dx);
  });
}

TEST_CASE("gelu: far out, and NaN", "[gelu]") {
  const float far = 1e30f, nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x{0, far, -far, 100, -100, 1e-40f, nan}, ones(7, 1.0f);
  for_each_variant([&](int) {
    std::vector<float> y(7), dx(7);
    kernels::cpu::gelu_forward(kernels::GeluForward<float>{.n = 7, .x = x.data(), .y = y.data()});
    kernels::cpu::gelu_backward(
        kernels::GeluBackward<float>{.n = 7, .dy = ones.data(), .x = x.data(), .dx = dx.data()});
    CHECK((y[0] == 0 && y[1] == far && y[2] == 0 && y[3] == 100 && y[4] == 0));
    CHECK(std::abs(y[5]) <= 1e-40f);
    CHECK((dx[1] == 1 && dx[2] == 0 && dx[3] == 1 && dx[4] == 0));
    CHECK(dx[0] == Approx(0.5).epsilon(1e-6));
    CHECK((std::isnan(y[6]) && std::isnan(dx[6])));
  });
}

TEST_CASE("gelu: values", "[gelu]") {
  // x Phi(x) from tables of the normal distribution.
  CHECK(kernels::reference::gelu(1.0) == Approx(0.8413447460685429).epsilon(1e-14));
  CHECK(kernels::reference::gelu(-2.0) == Approx(-0.04550026389635842).epsilon(1e-13));
}

}  // namespace
}  // namespace medley::tests
