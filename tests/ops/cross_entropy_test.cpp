// Cross-entropy with label smoothing and ignored targets, against f64.
#include "kernels/cross_entropy.h"

#include "kernels/reference/cross_entropy.h"
#include "tests/ops/cases/cross_entropy_cases.h"
#include "tests/ops/finite_differences.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using kernels::CrossEntropyBackward;
using kernels::CrossEntropyForward;

// weighted: all, each row with its weight.
enum class Targets { all, some, none, weighted };

std::vector<int32_t> make_targets(const cases::CrossEntropyCase& c, Targets which) {
  std::vector<int32_t> targets;
  for (int64_t r = 0; r < c.rows; ++r) {
    const bool ignored = which == Targets::none || (which == Targets::some && r % 3 == 1);
    targets.push_back(ignored ? kernels::kIgnoredTarget : static_cast<int32_t>(r * 37 % c.classes));
  }
  return targets;
}

template <class T>
std::vector<T> make_weights(const cases::CrossEntropyCase& c, Targets which) {
  return which == Targets::weighted ? numbers<T>(c.rows, 5) : std::vector<T>{};
}

// Forward, then backward over the logits themselves.
template <class T>
Outputs run(const cases::CrossEntropyCase& c, Targets which, T smoothing,
            void (*forward)(const CrossEntropyForward<T>&),
            void (*backward)(const CrossEntropyBackward<T>&)) {
  const auto targets = make_targets(c, which);
  const std::vector<T> weights = make_weights<T>(c, which);
  Output<T> logits(numbers<T>(c.rows * c.classes, 1, 30)), lse(c.rows), row_loss(c.rows), loss(1);
  forward({.rows = c.rows,
           .classes = c.classes,
           .logits = logits.data(),
           .targets = targets.data(),
           .weights = weights.empty() ? nullptr : weights.data(),
           .smoothing = smoothing,
           .lse = lse.data(),
           .row_loss = row_loss.data(),
           .loss = loss.data()});
  Outputs all;
  lse.collect(all);
  row_loss.collect(all);
  loss.collect(all);
  const T dloss = T(8);
  backward({.rows = c.rows,
            .classes = c.classes,
            .logits = logits.data(),
            .targets = targets.data(),
            .weights = weights.empty() ? nullptr : weights.data(),
            .smoothing = smoothing,
            .lse = lse.data(),
            .dloss = &dloss,
            .dlogits = logits.data()});
  logits.collect(all);
  return all;
}

TEST_CASE("cross_entropy", "[cross_entropy]") {
  for (const cases::CrossEntropyCase& c : cases::cross_entropy_cases())
    for (const Targets which : {Targets::all, Targets::some, Targets::none, Targets::weighted})
      for (const float smoothing : {0.0f, 0.1f}) {
        CAPTURE(c.rows, c.classes, static_cast<int>(which), smoothing);
        check_kernel(
            [&] {
              return run<float>(c, which, smoothing, kernels::cpu::cross_entropy_forward,
                                kernels::cpu::cross_entropy_backward);
            },
            [&] {
              return run<float>(c, which, smoothing,
                                kernels::reference::cross_entropy_forward<float>,
                                kernels::reference::cross_entropy_backward<float>);
            },
            [&] {
              return run<double>(c, which, static_cast<double>(smoothing),
                                 kernels::cpu::cross_entropy_forward,
                                 kernels::cpu::cross_entropy_backward);
            },
            3);
      }
}

TEST_CASE("cross_entropy: gradient", "[cross_entropy]") {
  const cases::CrossEntropyCase c{7, 5};
  for (const Targets which : {Targets::all, Targets::some, Targets::none, Targets::weighted})
    for (const double smoothing : {0.0, 0.1}) {
      const auto targets = make_targets(c, which);
      const std::vector<double> w = make_weights<double>(c, which);
      const double* weights = w.empty() ? nullptr : w.data();
      auto logits = numbers<double>(c.rows * c.classes, 1, 3);
      std::vector<double> lse(7), row_loss(7), d(logits.size());
      double result = 0;
      const auto loss = [&] {
        kernels::cpu::cross_entropy_forward(CrossEntropyForward<double>{.rows = c.rows,
                                                                        .classes = c.classes,
                                                                        .logits = logits.data(),
                                                                        .targets = targets.data(),
                                                                        .weights = weights,
                                                                        .smoothing = smoothing,
                                                                        .lse = lse.data(),
                                                                        .row_loss = row_loss.data(),
                                                                        .loss = &result});
        return 3 * result;
      };
      loss();
      const double dloss = 3;
      kernels::cpu::cross_entropy_backward(CrossEntropyBackward<double>{.rows = c.rows,
                                                                        .classes = c.classes,
                                                                        .logits = logits.data(),
                                                                        .targets = targets.data(),
                                                                        .weights = weights,
                                                                        .smoothing = smoothing,
                                                                        .lse = lse.data(),
                                                                        .dloss = &dloss,
                                                                        .dlogits = d.data()});
      check_gradient(logits, d, loss);
    }
}

TEST_CASE("cross_entropy: huge logits stay finite, NaN reaches the loss", "[cross_entropy]") {
  const int32_t target = 1;
  for_each_variant([&](int) {
    for (const bool poisoned : {false, true}) {
      std::vector<float> logits(40, -3e38f);
      logits[1] = 3e38f;
      if (poisoned) logits[20] = std::numeric_limits<float>::quiet_NaN();
      float lse = 0, row_loss = 0, loss = -1;
      kernels::cpu::cross_entropy_forward(CrossEntropyForward<float>{.rows = 1,
                                                                     .classes = 40,
                                                                     .logits = logits.data(),
                                                                     .targets = &target,
                                                                     .lse = &lse,
                                                                     .row_loss = &row_loss,
                                                                     .loss = &loss});
      if (poisoned)
        CHECK(std::isnan(loss));
      else
        CHECK(loss == 0);
    }
  });
}

TEST_CASE("cross_entropy: equal logits cost the logarithm of their number", "[cross_entropy]") {
  const std::vector<float> logits(8, 3.0f);
  const int32_t target = 5;
  float lse = 0, row_loss = 0, loss = 0;
  kernels::cpu::cross_entropy_forward({.rows = 1,
                                       .classes = 8,
                                       .logits = logits.data(),
                                       .targets = &target,
                                       .smoothing = 0.1f,
                                       .lse = &lse,
                                       .row_loss = &row_loss,
                                       .loss = &loss});
  CHECK(loss == Approx(std::log(8.0)).epsilon(1e-6));
}

}  // namespace
}  // namespace medley::tests
