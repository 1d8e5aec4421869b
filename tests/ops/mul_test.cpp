// The product: exact in f32 for every instruction set.
#include "kernels/mul.h"

#include "tests/ops/cases/mul_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

TEST_CASE("mul", "[mul]") {
  for (const auto& [n] : cases::mul_cases()) {
    const auto a = numbers<float>(n, 1), b = numbers<float>(n, 2);
    for_each_variant([&, n = n](int) {
      Output<float> y(n), square(a);
      kernels::cpu::mul(kernels::Mul<float>{.n = n, .a = a.data(), .b = b.data(), .y = y.data()});
      kernels::cpu::mul(
          kernels::Mul<float>{.n = n, .a = square.data(), .b = square.data(), .y = square.data()});
      std::vector<double> values, squares, products, right_squares;
      y.collect(values);
      square.collect(squares);
      for (size_t i = 0; i < a.size(); ++i) {
        products.push_back(static_cast<double>(a[i] * b[i]));
        right_squares.push_back(static_cast<double>(a[i] * a[i]));
      }
      CHECK(values == products);
      CHECK(squares == right_squares);
    });
  }
}

TEST_CASE("mul: added", "[mul]") {
  for (const auto& [n] : cases::mul_cases()) {
    const auto a = numbers<float>(n, 1), b = numbers<float>(n, 2), before = numbers<float>(n, 3);
    for_each_variant([&, n = n](int) {
      Output<float> y(before);
      kernels::cpu::mul(kernels::Mul<float>{
          .n = n, .a = a.data(), .b = b.data(), .y = y.data(), .accumulate = true});
      std::vector<double> values;
      y.collect(values);
      for (size_t i = 0; i < a.size(); ++i) {
        const double exact =
            static_cast<double>(before[i]) + static_cast<double>(a[i]) * static_cast<double>(b[i]);
        REQUIRE(values[i] == Approx(exact).epsilon(1e-6).margin(1e-7));  // fused or rounded twice
      }
    });
  }
}

}  // namespace
}  // namespace medley::tests
