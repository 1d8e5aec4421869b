// Sums over a dimension and their gradient.
#include "kernels/sum.h"

#include "kernels/reference/sum.h"
#include "tests/ops/cases/sum_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

template <class T>
Outputs run(const cases::SumCase& c, bool accumulate,
            void (*forward)(const kernels::SumForward<T>&),
            void (*backward)(const kernels::SumBackward<T>&)) {
  const int64_t all = c.outer * c.n * c.inner, sums = c.outer * c.inner;
  const auto x = numbers<T>(all, 1), dy = numbers<T>(sums, 2);
  Output<T> y(sums), half(sums);
  Output<T> dx = accumulate ? Output<T>(numbers<T>(all, 3)) : Output<T>(all);
  const kernels::SumForward<T> args{
      .outer = c.outer, .n = c.n, .inner = c.inner, .x = x.data(), .y = y.data()};
  forward(args);
  auto scaled = args;
  scaled.factor = static_cast<T>(0.5);
  scaled.y = half.data();
  forward(scaled);
  backward({.outer = c.outer,
            .n = c.n,
            .inner = c.inner,
            .dy = dy.data(),
            .dx = dx.data(),
            .factor = static_cast<T>(0.5),
            .accumulate = accumulate});
  Outputs results;
  y.collect(results);
  half.collect(results);
  dx.collect(results);
  return results;
}

TEST_CASE("sum", "[sum]") {
  for (const cases::SumCase& c : cases::sum_cases())
    for (const bool accumulate : {false, true}) {
      CAPTURE(c.outer, c.n, c.inner, accumulate);
      check_kernel(
          [&] {
            return run<float>(c, accumulate, kernels::cpu::sum_forward, kernels::cpu::sum_backward);
          },
          [&] {
            return run<float>(c, accumulate, kernels::reference::sum_forward<float>,
                              kernels::reference::sum_backward<float>);
          },
          [&] {
            return run<double>(c, accumulate, kernels::cpu::sum_forward,
                               kernels::cpu::sum_backward);
          },
          2);
    }
}

TEST_CASE("sum: known values", "[sum]") {
  std::vector<float> x(2 * 3 * 4), y(8);  // x[o, i, j] = 100 o + 10 i + j
  for (size_t at = 0; at < x.size(); ++at)
    x[at] = static_cast<float>(100 * (at / 12) + 10 * (at / 4 % 3) + at % 4);
  for_each_variant([&](int) {
    kernels::cpu::sum_forward(
        kernels::SumForward<float>{.outer = 2, .n = 3, .inner = 4, .x = x.data(), .y = y.data()});
    CHECK(y == std::vector<float>{30, 33, 36, 39, 330, 333, 336, 339});
    kernels::cpu::sum_forward(
        kernels::SumForward<float>{.outer = 6, .n = 4, .x = x.data(), .y = y.data()});
    CHECK(y == std::vector<float>{6, 46, 86, 406, 446, 486, 336, 339});
  });
}

}  // namespace
}  // namespace medley::tests
