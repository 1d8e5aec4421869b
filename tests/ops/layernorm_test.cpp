// Layer normalisation, forward and backward, against f64.
#include "kernels/layernorm.h"

#include "kernels/reference/layernorm.h"
#include "tests/ops/cases/layernorm_cases.h"
#include "tests/ops/finite_differences.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using kernels::LayerNormBackward;
using kernels::LayerNormForward;

// Rows far from zero: E[x^2] - mean^2 would lose their variance.
template <class T>
std::vector<T> rows_of(const cases::LayerNormCase& c) {
  auto x = numbers<T>(c.rows * c.n, 1);
  for (T& v : x) v += T(20);
  return x;
}

template <class T>
Outputs forward(const cases::LayerNormCase& c, void (*op)(const LayerNormForward<T>&)) {
  const auto x = rows_of<T>(c), weight = numbers<T>(c.n, 2), bias = numbers<T>(c.n, 3);
  Output<T> y(c.rows * c.n), mean(c.rows), rstd(c.rows);
  op({.rows = c.rows,
      .n = c.n,
      .x = x.data(),
      .weight = weight.data(),
      .bias = bias.data(),
      .eps = T(1e-6),
      .y = y.data(),
      .mean = mean.data(),
      .rstd = rstd.data()});
  Outputs all;
  y.collect(all);
  mean.collect(all);
  rstd.collect(all);
  return all;
}

template <class T>
Outputs backward(const cases::LayerNormCase& c, bool accumulate, bool weights,
                 void (*op)(const LayerNormBackward<T>&)) {
  const auto x = numbers<T>(c.rows * c.n, 1), weight = numbers<T>(c.n, 2),
             dy = numbers<T>(c.rows * c.n, 4);
  std::vector<T> y(x.size()), mean(static_cast<size_t>(c.rows)), rstd(mean);
  kernels::reference::layernorm_forward<T>({.rows = c.rows,
                                            .n = c.n,
                                            .x = x.data(),
                                            .weight = weight.data(),
                                            .bias = weight.data(),
                                            .eps = T(1e-6),
                                            .y = y.data(),
                                            .mean = mean.data(),
                                            .rstd = rstd.data()});
  Output<T> dx = accumulate ? Output<T>(numbers<T>(c.rows * c.n, 5)) : Output<T>(c.rows * c.n);
  Output<T> dweight(numbers<T>(c.n, 6)), dbias(numbers<T>(c.n, 7));
  op({.rows = c.rows,
      .n = c.n,
      .dy = dy.data(),
      .x = x.data(),
      .weight = weight.data(),
      .mean = mean.data(),
      .rstd = rstd.data(),
      .dx = dx.data(),
      .accumulate = accumulate,
      .dweight = weights ? dweight.data() : nullptr,
      .dbias = weights ? dbias.data() : nullptr});
  Outputs all;
  dx.collect(all);
  dweight.collect(all);
  dbias.collect(all);
  return all;
}

TEST_CASE("layernorm", "[layernorm]") {
  for (const cases::LayerNormCase& c : cases::layernorm_cases()) {
    CAPTURE(c.rows, c.n);
    check_kernel([&] { return forward<float>(c, kernels::cpu::layernorm_forward); },
                 [&] { return forward<float>(c, kernels::reference::layernorm_forward<float>); },
                 [&] { return forward<double>(c, kernels::cpu::layernorm_forward); }, 2);
    if (c.n < 3) continue;  // two elements become -1 and 1 whatever they are: dx cancels to noise
    for (const bool accumulate : {false, true})
      for (const bool weights : {false, true})
        check_kernel(
            [&] {
              return backward<float>(c, accumulate, weights, kernels::cpu::layernorm_backward);
            },
            [&] {
              return backward<float>(c, accumulate, weights,
                                     kernels::reference::layernorm_backward<float>);
            },
            [&] {
              return backward<double>(c, accumulate, weights, kernels::cpu::layernorm_backward);
            },
            3);
  }
}

TEST_CASE("layernorm: gradient", "[layernorm]") {
  constexpr int64_t kRows = 5, kWidth = 7;
  auto x = numbers<double>(kRows * kWidth, 1), weight = numbers<double>(kWidth, 2),
       bias = numbers<double>(kWidth, 3);
  std::vector<double> y(x.size()), mean(kRows), rstd(kRows);
  const auto loss = [&] {
    kernels::cpu::layernorm_forward(LayerNormForward<double>{.rows = kRows,
                                                             .n = kWidth,
                                                             .x = x.data(),
                                                             .weight = weight.data(),
                                                             .bias = bias.data(),
                                                             .eps = 1e-3,
                                                             .y = y.data(),
                                                             .mean = mean.data(),
                                                             .rstd = rstd.data()});
    return contract(y);
  };
  loss();
  const auto dy = weights_of(y);
  std::vector<double> dx(x.size()), dweight(kWidth), dbias(kWidth);
  kernels::cpu::layernorm_backward(LayerNormBackward<double>{.rows = kRows,
                                                             .n = kWidth,
                                                             .dy = dy.data(),
                                                             .x = x.data(),
                                                             .weight = weight.data(),
                                                             .mean = mean.data(),
                                                             .rstd = rstd.data(),
                                                             .dx = dx.data(),
                                                             .dweight = dweight.data(),
                                                             .dbias = dbias.data()});
  check_gradient(x, dx, loss);
  check_gradient(weight, dweight, loss);
  check_gradient(bias, dbias, loss);
}

TEST_CASE("layernorm: in place", "[layernorm]") {
  constexpr int64_t kRows = 70, kWidth = 37;
  const auto x = numbers<float>(kRows * kWidth, 1), weight = numbers<float>(kWidth, 2),
             dy = numbers<float>(kRows * kWidth, 3);
  for_each_variant([&](int) {
    std::vector<float> y(x.size()), over_x = x, dx(x.size()), over_dy = dy;
    std::vector<float> mean(kRows), rstd(kRows);
    for (const auto& [from, to] : {std::pair{x.data(), y.data()}, {over_x.data(), over_x.data()}})
      kernels::cpu::layernorm_forward(LayerNormForward<float>{.rows = kRows,
                                                              .n = kWidth,
                                                              .x = from,
                                                              .weight = weight.data(),
                                                              .bias = weight.data(),
                                                              .eps = 1e-6f,
                                                              .y = to,
                                                              .mean = mean.data(),
                                                              .rstd = rstd.data()});
    CHECK(over_x == y);
    for (const auto& [from, to] :
         {std::pair{dy.data(), dx.data()}, {over_dy.data(), over_dy.data()}})
      kernels::cpu::layernorm_backward(LayerNormBackward<float>{.rows = kRows,
                                                                .n = kWidth,
                                                                .dy = from,
                                                                .x = x.data(),
                                                                .weight = weight.data(),
                                                                .mean = mean.data(),
                                                                .rstd = rstd.data(),
                                                                .dx = to});
    CHECK(over_dy == dx);
  });
}

}  // namespace
}  // namespace medley::tests
