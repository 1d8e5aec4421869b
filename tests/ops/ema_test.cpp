// Exponential moving average against f64.
#include "kernels/ema.h"

#include "kernels/reference/ema.h"
#include "tests/ops/cases/ema_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

template <class T>
Outputs run(int64_t n, double keep, void (*op)(const kernels::Ema<T>&)) {
  Output<T> average(numbers<T>(n, 1));
  const auto value = numbers<T>(n, 2);
  op({.n = n, .average = average.data(), .value = value.data(), .keep = &keep});
  Outputs all;
  average.collect(all);
  return all;
}

TEST_CASE("ema", "[ema]") {
  for (const auto& [n] : cases::ema_cases())
    for (const double keep : {0.0, 0.1, 0.995, 1.0})
      check_kernel([&, n = n] { return run<float>(n, keep, kernels::cpu::ema); },
                   [&, n = n] { return run<float>(n, keep, kernels::reference::ema<float>); },
                   [&, n = n] { return run<double>(n, keep, kernels::cpu::ema); }, 2);
  CHECK(run<double>(1, 0.25, kernels::cpu::ema)[0][0] ==
        Approx(0.25 * numbers<double>(1, 1)[0] + 0.75 * numbers<double>(1, 2)[0]).epsilon(1e-15));
}

}  // namespace
}  // namespace medley::tests
