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
Outputs run(int64_t n, void (*op)(const kernels::AdamW<T>&)) {
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
  Outputs all;
  w.collect(all);
  m.collect(all);
  v.collect(all);
  return all;
}

// Algorithm 2 of Loshchilov and Hutter (2019), with m and v corrected as written there.
Outputs published(int64_t n) {
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
  return {w, m, v};
}

TEST_CASE("adamw", "[adamw]") {
  for (const auto& [n] : cases::adamw_cases()) {
    CAPTURE(n);
    const Outputs plain = run<double>(n, kernels::cpu::adamw), right = published(n);
    for (size_t i = 0; i < right.size(); ++i) CHECK(largest_difference(plain[i], right[i]) < 2e-15);
    check_kernel([&, n = n] { return run<float>(n, kernels::cpu::adamw); },
                 [&, n = n] { return run<float>(n, kernels::reference::adamw<float>); },
                 [&, n = n] { return published(n); }, 2);
  }
}

TEST_CASE("adamw: the first step of f32 is exact to a few units in the last place", "[adamw]") {
  // 1 - beta2 taken in f32 would put v 1e-5 and the step 6e-6 off.
  constexpr double kUlp = std::numeric_limits<float>::epsilon();
  for_each_variant([&](int) {
    const float g = 0.3f;
    float w = 0, m = 0, v = 0;
    kernels::cpu::adamw(kernels::AdamW<float>{
        .n = 1, .weight = &w, .gradient = &g, .m = &m, .v = &v, .lr = 1e-3, .beta2 = 0.999});
    const double exact = static_cast<double>(g);
    CHECK(m == Approx(0.1 * exact).epsilon(kUlp));
    CHECK(v == Approx(0.001 * exact * exact).epsilon(2 * kUlp));
    CHECK(w == Approx(-1e-3 * exact / (exact + 1e-8)).epsilon(4 * kUlp));
  });
}

// One step of 1000 weights; extra() fills in the rest of the arguments.
template <class Extra>
Outputs stepped(const Extra& extra) {
  constexpr int64_t kN = 1000;
  Output<float> w(numbers<float>(kN, 1)), m(numbers<float>(kN, 3)), v(std::vector<float>(kN, 0.5f));
  const auto g = numbers<float>(kN, 2);
  kernels::AdamW<float> args{
      .n = kN, .weight = w.data(), .gradient = g.data(), .m = m.data(), .v = v.data(), .lr = 1e-2};
  extra(args);
  kernels::cpu::adamw(args);
  Outputs all;
  w.collect(all);
  m.collect(all);
  v.collect(all);
  return all;
}

TEST_CASE("adamw: clips by a norm that it is given, and skips what is not finite", "[adamw]") {
  const double squared = 9;
  int64_t nonfinite = 0;
  const auto clipped_to = [&](double clip) {
    return stepped([&](kernels::AdamW<float>& args) {
      args.squared_norm = &squared;
      args.nonfinite = &nonfinite;
      args.clip = clip;
    });
  };
  const auto scaled_by = [](double scale) {
    return stepped([&](kernels::AdamW<float>& args) { args.gradient_scale = scale; });
  };
  for_each_variant([&](int) {
    nonfinite = 0;
    CHECK(clipped_to(1.5) == scaled_by(0.5));
    CHECK(clipped_to(4) == scaled_by(1));
    CHECK(clipped_to(0) == scaled_by(1));
    nonfinite = 1;
    const auto w = numbers<float>(1000, 1), m = numbers<float>(1000, 3);
    CHECK(clipped_to(0) ==
          Outputs{{w.begin(), w.end()}, {m.begin(), m.end()}, std::vector<double>(1000, 0.5)});
  });
}

}  // namespace
}  // namespace medley::tests
