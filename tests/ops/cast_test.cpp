// Conversion between f32 and bf16: nearest, ties to even, nothing lost on the way back.
#include "kernels/cast.h"

#include "tests/ops/cases/cast_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

TEST_CASE("cast", "[cast]") {
  for (const auto& [n] : cases::cast_cases()) {
    const auto x = numbers<float>(n, 1, 100);
    for_each_variant([&, n = n](int) {
      std::vector<bf16> narrow(x.size());
      Output<float> wide(n);
      kernels::cpu::cast({.n = n, .x = x.data(), .y = narrow.data()});
      kernels::cpu::cast({.n = n, .x = narrow.data(), .y = wide.data()});
      std::vector<double> values;
      wide.collect(values);
      bool near = true;
      for (size_t i = 0; i < x.size(); ++i) {
        const double exact = static_cast<double>(x[i]);
        near = near && std::abs(values[i] - exact) <= std::abs(exact) * 0x1p-8;
        near = near && bf16(static_cast<float>(values[i])).bits == narrow[i].bits;
      }
      CHECK(near);
    });
  }
}

TEST_CASE("cast: ties, infinity and NaN", "[cast]") {
  const float infinity = std::numeric_limits<float>::infinity();
  // Between 1 and 1 + 2^-7, and between that and 1 + 2^-6; rounded up to infinity.
  const std::vector<float> x{1 + 0x1p-8f, 1 + 0x1.8p-7f, infinity,
                             3.4e38f,     -0.0f,         std::numeric_limits<float>::quiet_NaN()};
  std::vector<bf16> y(x.size());
  kernels::cpu::cast({.n = 6, .x = x.data(), .y = y.data()});
  CHECK(static_cast<float>(y[0]) == 1);
  CHECK(static_cast<float>(y[1]) == 1 + 0x1p-6f);
  CHECK(static_cast<float>(y[2]) == infinity);
  CHECK(static_cast<float>(y[3]) == infinity);
  CHECK(y[4].bits == 0x8000);
  CHECK(std::isnan(static_cast<float>(y[5])));
}

}  // namespace
}  // namespace medley::tests
