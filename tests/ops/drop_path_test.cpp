// Stochastic depth against f64; whole samples stay or go, and the expectation is the input.
#include "kernels/drop_path.h"

#include "kernels/reference/drop_path.h"
#include "tests/ops/cases/drop_path_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using kernels::DropPath;

constexpr uint64_t kStep = 5;

template <class T>
Outputs run(const cases::DropPathCase& c, bool in_place, void (*op)(const DropPath<T>&)) {
  const auto x = numbers<T>(c.samples * c.n, 1), residual = numbers<T>(c.samples * c.n, 2);
  Output<T> y = in_place ? Output<T>(residual) : Output<T>(c.samples * c.n);
  op({.samples = c.samples,
      .n = c.n,
      .x = x.data(),
      .residual = in_place ? y.data() : nullptr,
      .y = y.data(),
      .key = {.p = c.p, .seed = 3, .step = &kStep, .site = 7}});
  Outputs all;
  y.collect(all);
  return all;
}

TEST_CASE("drop_path", "[drop_path]") {
  for (const cases::DropPathCase& c : cases::drop_path_cases())
    for (const bool in_place : {false, true}) {
      CAPTURE(c.samples, c.n, c.p, in_place);
      check_kernel([&] { return run<float>(c, in_place, kernels::cpu::drop_path); },
                   [&] { return run<float>(c, in_place, kernels::reference::drop_path<float>); },
                   [&] { return run<double>(c, in_place, kernels::cpu::drop_path); }, 2);
    }
}

TEST_CASE("drop_path: a share p of the samples goes, whole, and the rest is scaled",
          "[drop_path]") {
  constexpr int64_t kSamples = 4000, kN = 3;
  const std::vector<double> x(kSamples * kN, 1.0);
  std::vector<double> y(x.size());
  kernels::cpu::drop_path(DropPath<double>{
      .samples = kSamples, .n = kN, .x = x.data(), .y = y.data(), .key = {.p = 0.25f, .seed = 1}});
  double sum = 0;
  for (size_t b = 0; b < kSamples; ++b) {
    CHECK((y[b * kN] == 0 || y[b * kN] == Approx(4.0 / 3)));
    CHECK(y[b * kN] == y[b * kN + 2]);
    sum += y[b * kN];
  }
  CHECK(sum / kSamples == Approx(1).margin(0.04));  // four standard deviations
}

}  // namespace
}  // namespace medley::tests
