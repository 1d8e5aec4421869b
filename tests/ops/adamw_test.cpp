// AdamW: against the published algorithm written out in f64, over several steps.
#include "kernels/adamw.h"

#include "kernels/reference/adamw.h"
#include "tests/ops/cases/adamw_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

constexpr int kSteps = 5;
constexpr double kLr = 3e-2, kBeta1 = 0.9, kBeta2 = 0.99, kEps = 1e-6, kDecay = 0.1, kScale = 0.5;

template <class T>
std::vector<double> run(int64_t n, void (*op)(const kernels::AdamW<T>&)) {
  Output<T> w(numbers<T>(n, 1)), m(std::vector<T>(static_cast<size_t>(n))),
      v(std::vector<T>(static_cast<size_t>(n)));
  for (int step = 1; step <= kSteps; ++step) {
    const auto g = numbers<T>(n, static_cast<uint32_t>(10 + step));
    op({.n = n,
        .weight = w.data(),
        .gradient = g.data(),
        .m = m.data(),
        .v = v.data(),
        .step = step,
        .lr = kLr,
        .beta1 = kBeta1,
        .beta2 = kBeta2,
        .eps = kEps,
        .decay = kDecay,
        .gradient_scale = kScale});
  }
  std::vector<double> all;
  w.collect(all);
  m.collect(all);
  v.collect(all);
  return all;
}

// Algorithm 2 of Loshchilov and Hutter (2019), with m and v corrected as written there.
std::vector<double> published(int64_t n) {
  auto w = numbers<double>(n, 1);
  std::vector<double> m(w.size()), v(w.size());
  for (int step = 1; step <= kSteps; ++step) {
    const auto g = numbers<double>(n, static_cast<uint32_t>(10 + step));
    for (size_t i = 0; i < w.size(); ++i) {
      const double gi = kScale * g[i];
      m[i] = kBeta1 * m[i] + (1 - kBeta1) * gi;
      v[i] = kBeta2 * v[i] + (1 - kBeta2) * gi * gi;
      const double mh = m[i] / (1 - std::pow(kBeta1, step)),
                   vh = v[i] / (1 - std::pow(kBeta2, step));
      w[i] -= kLr * mh / (std::sqrt(vh) + kEps) + kLr * kDecay * w[i];
    }
  }
  std::vector<double> all = w;
  all.insert(all.end(), m.begin(), m.end());
  all.insert(all.end(), v.begin(), v.end());
  return all;
}

TEST_CASE("adamw", "[adamw]") {
  for (const auto& [n] : cases::adamw_cases()) {
    CAPTURE(n);
    CHECK(largest_difference(run<double>(n, kernels::cpu::adamw), published(n)) < 1e-14);
    check_kernel([&, n = n] { return run<float>(n, kernels::cpu::adamw); },
                 [&, n = n] { return run<float>(n, kernels::reference::adamw<float>); },
                 [&, n = n] { return run<double>(n, kernels::cpu::adamw); }, 2);
  }
}

}  // namespace
}  // namespace medley::tests
