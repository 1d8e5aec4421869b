// Values kept within bounds.
#include "kernels/clamp.h"

#include <algorithm>

#include "tests/ops/cases/clamp_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

TEST_CASE("clamp", "[clamp]") {
  for (const auto& [n] : cases::clamp_cases()) {
    const auto start = numbers<float>(n, 1);
    Output<float> x(start);
    kernels::cpu::clamp(kernels::Clamp<float>{.n = n, .x = x.data(), .low = -0.25f, .high = 0.5f});
    std::vector<double> values, expected;
    x.collect(values);
    for (const float v : start)
      expected.push_back(static_cast<double>(std::clamp(v, -0.25f, 0.5f)));
    CHECK(values == expected);
  }
}

TEST_CASE("clamp: NaN stays", "[clamp]") {
  double x[] = {std::numeric_limits<double>::quiet_NaN(), 7};
  kernels::cpu::clamp(kernels::Clamp<double>{.n = 2, .x = x, .low = 0, .high = 1});
  CHECK(std::isnan(x[0]));
  CHECK(x[1] == 1);
}

}  // namespace
}  // namespace medley::tests
