// Unit rows and their gradient, a zero row included.
#include "kernels/normalize.h"

#include "kernels/reference/normalize.h"
#include "tests/ops/cases/normalize_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

template <class T>
std::vector<double> run(const cases::NormalizeCase& c, bool accumulate,
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
  std::vector<double> all;
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

TEST_CASE("normalize: a zero row stays zero", "[normalize]") {
  const std::vector<float> x(4, 0.0f);
  std::vector<float> y(4, 1.0f), norm(1);
  kernels::cpu::normalize_forward(kernels::NormalizeForward<float>{
      .rows = 1, .n = 4, .x = x.data(), .y = y.data(), .norm = norm.data()});
  CHECK(y == x);
  CHECK(norm[0] == static_cast<float>(kernels::kNormalizeEps));
}

}  // namespace
}  // namespace medley::tests
