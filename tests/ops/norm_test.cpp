// Squared norm, and the count of elements that are not finite.
#include "kernels/norm.h"

#include "tests/ops/cases/norm_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

TEST_CASE("norm", "[norm]") {
  for (const auto& [n] : cases::norm_cases()) {
    auto x = numbers<float>(n, 1);
    double expected = 0;
    for (const float v : x) expected += static_cast<double>(v) * static_cast<double>(v);
    double one_thread = 0;
    for_each_variant([&, n = n](int threads) {
      double sum = -1;
      int64_t nonfinite = -1;
      kernels::cpu::squared_norm(
          kernels::SquaredNorm<float>{.n = n, .x = x.data(), .sum = &sum, .nonfinite = &nonfinite});
      CHECK(sum == Approx(expected).epsilon(1e-12));
      CHECK(nonfinite == 0);
      if (threads == 1) one_thread = sum;
      CHECK(sum == one_thread);
    });
  }
}

TEST_CASE("norm: NaN and infinity are counted and left out of the sum", "[norm]") {
  std::vector<float> x(5000, 1.0f);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  x[4999] = -std::numeric_limits<float>::infinity();
  double sum = 0;
  int64_t nonfinite = 0;
  kernels::cpu::squared_norm(
      kernels::SquaredNorm<float>{.n = 5000, .x = x.data(), .sum = &sum, .nonfinite = &nonfinite});
  CHECK(nonfinite == 2);
  CHECK(sum == 4998);
}

}  // namespace
}  // namespace medley::tests
