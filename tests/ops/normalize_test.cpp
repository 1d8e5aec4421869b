// Unit rows and their gradient, a zero row included.
#include "kernels/normalize.h"

#include "kernels/reference/normalize.h"
#include "tests/ops/cases/normalize_cases.h"
#include "tests/ops/finite_differences.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

template <class T>
Outputs run(const cases::NormalizeCase& c, bool accumulate,
            void (*forward)(const kernels::NormalizeForward<T>&),
            void (*backward)(const kernels::NormalizeBackward<T>&)) {
  const auto x = numbers<T>(c.rows * c.n, 1), dy = numbers<T>(c.rows * c.n, 2);
  Output<T> y(c.rows * c.n), norm(c.rows);
  Output<T> dx = accumulate ? Output<T>(numbers<T>(c.rows * c.n, 3)) : Output<T>(c.rows * c.n);
  forward({.rows = c.rows, .n = c.n, .x = x.data(), .y = y.data(), .norm = norm.data()});
  backward({.rows = c.rows,
            .n = c.n,
            .dy = dy.data(),
            .y = y.data(),
            .norm = norm.data(),
            .dx = dx.data(),
            .accumulate = accumulate});
  Outputs all;
  y.collect(all);
  norm.collect(all);
  dx.collect(all);
  return all;
}

TEST_CASE("normalize", "[normalize]") {
  for (const cases::NormalizeCase& c : cases::normalize_cases())
    for (const bool accumulate : {false, true}) {
      CAPTURE(c.rows, c.n, accumulate);
      check_kernel(
          [&] {
            return run<float>(c, accumulate, kernels::cpu::normalize_forward,
                              kernels::cpu::normalize_backward);
          },
          [&] {
            return run<float>(c, accumulate, kernels::reference::normalize_forward<float>,
                              kernels::reference::normalize_backward<float>);
          },
          [&] {
            return run<double>(c, accumulate, kernels::cpu::normalize_forward,
                               kernels::cpu::normalize_backward);
          },
          3);
    }
}

TEST_CASE("normalize: gradient", "[normalize]") {
  constexpr int64_t kRows = 5, kWidth = 7;
  auto x = numbers<double>(kRows * kWidth, 1);
  std::vector<double> y(x.size()), dx(x.size()), norm(kRows);
  const auto loss = [&] {
    kernels::cpu::normalize_forward(kernels::NormalizeForward<double>{
        .rows = kRows, .n = kWidth, .x = x.data(), .y = y.data(), .norm = norm.data()});
    return contract(y);
  };
  loss();
  const auto dy = weights_of(y);
  kernels::cpu::normalize_backward(kernels::NormalizeBackward<double>{.rows = kRows,
                                                                      .n = kWidth,
                                                                      .dy = dy.data(),
                                                                      .y = y.data(),
                                                                      .norm = norm.data(),
                                                                      .dx = dx.data()});
  check_gradient(x, dx, loss);
}

TEST_CASE("normalize: a zero row stays zero, NaN stays NaN", "[normalize]") {
  std::vector<float> x(38, 0.0f);
  x[20] = std::numeric_limits<float>::quiet_NaN();
  const auto eps = static_cast<float>(kernels::kNormalizeEps);
  for_each_variant([&](int) {
    std::vector<float> y(38, 1.0f), norm(2);
    kernels::cpu::normalize_forward(kernels::NormalizeForward<float>{
        .rows = 2, .n = 19, .x = x.data(), .y = y.data(), .norm = norm.data()});
    CHECK(std::all_of(y.begin(), y.begin() + 19, [](float v) { return v == 0; }));
    CHECK(std::all_of(y.begin() + 19, y.end(), [](float v) { return std::isnan(v); }));
    CHECK((norm[0] == eps && std::isnan(norm[1])));
    // A clamped norm is a constant: dx = dy / eps.
    std::vector<float> dx(19, 2.0f);
    kernels::cpu::normalize_backward(kernels::NormalizeBackward<float>{
        .rows = 1, .n = 19, .dy = dx.data(), .y = y.data(), .norm = norm.data(), .dx = dx.data()});
    CHECK(dx == std::vector<float>(19, 2 / eps));
  });
}

}  // namespace
}  // namespace medley::tests
