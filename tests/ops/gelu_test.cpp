// GELU and its gradient against f64, over the whole range where they are not 0 or x.
#include "kernels/gelu.h"

#include "kernels/reference/gelu.h"
#include "tests/ops/cases/gelu_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

template <class T>
std::vector<double> forward(int64_t n, void (*op)(const kernels::GeluForward<T>&)) {
  const auto x = numbers<T>(n, 1, 9);
  Output<T> y(n);
  op({.n = n, .x = x.data(), .y = y.data()});
  std::vector<double> all;
  y.collect(all);
  return all;
}

template <class T>
std::vector<double> backward(int64_t n, bool accumulate,
                             void (*op)(const kernels::GeluBackward<T>&)) {
  const auto x = numbers<T>(n, 1, 9), dy = numbers<T>(n, 2);
  Output<T> dx = accumulate ? Output<T>(numbers<T>(n, 3)) : Output<T>(n);
  op({.n = n, .dy = dy.data(), .x = x.data(), .dx = dx.data(), .accumulate = accumulate});
  std::vector<double> all;
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

TEST_CASE("gelu: values", "[gelu]") {
  // x Phi(x) from tables of the normal distribution.
  CHECK(kernels::reference::gelu(1.0) == Approx(0.8413447460685429).epsilon(1e-14));
  CHECK(kernels::reference::gelu(-2.0) == Approx(-0.04550026389635842).epsilon(1e-13));
}

}  // namespace
}  // namespace medley::tests
