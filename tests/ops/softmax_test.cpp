// Softmax of rows and its gradient.
#include "kernels/softmax.h"

#include "kernels/reference/softmax.h"
#include "tests/ops/cases/softmax_cases.h"
#include "tests/ops/finite_differences.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

template <class T>
Outputs run(const cases::SoftmaxCase& c, bool accumulate,
            void (*forward)(const kernels::SoftmaxForward<T>&),
            void (*backward)(const kernels::SoftmaxBackward<T>&)) {
  const int64_t count = c.rows * c.n;
  const auto x = numbers<T>(count, 1, 8), dy = numbers<T>(count, 2);
  Output<T> y(count), over(x);
  Output<T> dx = accumulate ? Output<T>(numbers<T>(count, 3)) : Output<T>(count);
  forward({.rows = c.rows, .n = c.n, .x = x.data(), .y = y.data()});
  forward({.rows = c.rows, .n = c.n, .x = over.data(), .y = over.data()});
  backward({.rows = c.rows,
            .n = c.n,
            .dy = dy.data(),
            .y = y.data(),
            .dx = dx.data(),
            .accumulate = accumulate});
  Outputs all;
  y.collect(all);
  over.collect(all);
  dx.collect(all);
  return all;
}

TEST_CASE("softmax", "[softmax]") {
  for (const cases::SoftmaxCase& c : cases::softmax_cases())
    for (const bool accumulate : {false, true}) {
      CAPTURE(c.rows, c.n, accumulate);
      check_kernel(
          [&] {
            return run<float>(c, accumulate, kernels::cpu::softmax_forward,
                              kernels::cpu::softmax_backward);
          },
          [&] {
            return run<float>(c, accumulate, kernels::reference::softmax_forward<float>,
                              kernels::reference::softmax_backward<float>);
          },
          [&] {
            return run<double>(c, accumulate, kernels::cpu::softmax_forward,
                               kernels::cpu::softmax_backward);
          },
          3);
    }
}

TEST_CASE("softmax: gradient", "[softmax]") {
  constexpr int64_t kRows = 5, kWidth = 7;
  auto x = numbers<double>(kRows * kWidth, 1);
  std::vector<double> y(x.size()), dx(x.size());
  const auto loss = [&] {
    kernels::cpu::softmax_forward(
        kernels::SoftmaxForward<double>{.rows = kRows, .n = kWidth, .x = x.data(), .y = y.data()});
    return contract(y);
  };
  loss();
  const auto dy = weights_of(y);
  kernels::cpu::softmax_backward(kernels::SoftmaxBackward<double>{
      .rows = kRows, .n = kWidth, .dy = dy.data(), .y = y.data(), .dx = dx.data()});
  check_gradient(x, dx, loss);
}

TEST_CASE("softmax: known values, infinities and NaN", "[softmax]") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  for_each_variant([&](int) {
    const auto softmax = [](const std::vector<float>& x) {
      std::vector<float> y(x.size());
      kernels::cpu::softmax_forward(kernels::SoftmaxForward<float>{
          .rows = 1, .n = static_cast<int64_t>(x.size()), .x = x.data(), .y = y.data()});
      return y;
    };
    const auto thirds = softmax({0, std::log(2.0f), -inf});
    CHECK(thirds[0] == Approx(1 / 3.0));
    CHECK(thirds[1] == Approx(2 / 3.0));
    CHECK(thirds[2] == 0);
    CHECK(softmax(std::vector<float>(32, 3e38f)) == std::vector<float>(32, 1 / 32.0f));
    for (const auto& bad : {std::vector<float>(20, -inf), std::vector<float>{0, nan, 1},
                            std::vector<float>{1, inf, 2}})
      CHECK(std::isnan(softmax(bad)[1]));
  });
}

}  // namespace
}  // namespace medley::tests
