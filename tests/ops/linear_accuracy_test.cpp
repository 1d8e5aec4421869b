// The error of every single sum of a matrix product, for every instruction set: products on AMX
// tiles are made of bf16 parts and must be f32 all the same. Also what a row may depend on: on
// nothing but itself.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/linear.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using kernels::Gemm;

// C = A B^T with A [m, k] and B [n, k], a layer's forward pass.
std::vector<float> product(const std::vector<float>& a, const std::vector<float>& b, int64_t m,
                           int64_t n, int64_t k) {
  std::vector<float> c(static_cast<size_t>(m * n), std::numeric_limits<float>::quiet_NaN());
  kernels::cpu::gemm(Gemm<float>{.m = m,
                                 .n = n,
                                 .k = k,
                                 .a = a.data(),
                                 .a_row = k,
                                 .b = b.data(),
                                 .b_row = 1,
                                 .b_col = k,
                                 .c = c.data(),
                                 .ldc = n});
  return c;
}

// Values whose exponents spread over 2^-spread .. 2^spread.
std::vector<float> spread_numbers(int64_t count, uint32_t sample, int spread) {
  std::vector<float> x = numbers<float>(count, sample);
  const std::vector<float> exponents = numbers<float>(count, sample + 100);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] =
        std::ldexp(x[i], static_cast<int>(std::lround(exponents[i] * static_cast<float>(spread))));
  return x;
}

// Largest |c - exact| / sum of |a b| over all sums.
double largest_error(const std::vector<float>& a, const std::vector<float>& b, int64_t m, int64_t n,
                     int64_t k) {
  const std::vector<float> c = product(a, b, m, n, k);
  double worst = 0;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double exact = 0, size = 0;
      for (int64_t p = 0; p < k; ++p) {
        const double term = static_cast<double>(a[static_cast<size_t>(i * k + p)]) *
                            static_cast<double>(b[static_cast<size_t>(j * k + p)]);
        exact += term, size += std::abs(term);
      }
      worst = std::max(
          worst, std::abs(static_cast<double>(c[static_cast<size_t>(i * n + j)]) - exact) / size);
    }
  }
  return worst;
}

TEST_CASE("linear: every sum has f32's error over sizes and exponents", "[linear]") {
  for (const int64_t k : {1, 31, 64, 200, 768, 3072}) {
    for (const int spread : {0, 4, 12}) {
      for (const int64_t m : {3, 16, 45}) {
        const int64_t n = 37;
        const auto a = spread_numbers(m * k, 1, spread), b = spread_numbers(n * k, 2, spread);
        for_each_variant([&](int threads) {
          if (threads > 1) return;  // the same bits: linear_test.cpp
          const kernels::cpu::Isa isa = kernels::cpu::isa();
          const bool tiles = isa == kernels::cpu::Isa::amx || isa == kernels::cpu::Isa::amx_model;
          CAPTURE(m, n, k, spread);
          // Fused multiply-adds round once a term, sums on tiles once in 16 terms. Where few large
          // terms stand among small ones, the roundings fall on the largest.
          const double even = tiles ? 1e-7 : 2.5e-7;
          CHECK(largest_error(a, b, m, n, k) <= (spread == 0 ? even : 5 * even));
        });
      }
    }
  }
}

TEST_CASE("linear: a row has the same bits alone and among others", "[linear]") {
  const int64_t n = 70, k = 800, most = 70;
  const auto a = numbers<float>(most * k, 1), b = numbers<float>(n * k, 2);
  for_each_variant([&](int) {
    if (kernels::cpu::isa() == kernels::cpu::Isa::portable) return;  // Eigen orders by size
    const std::vector<float> all = product(a, b, most, n, k);
    for (const int64_t m : {1, 2, 11, 12, 13, 16, 17, 31, 32, 33, 48, 69}) {
      CAPTURE(m);
      const std::vector<float> few = product(a, b, m, n, k);
      CHECK(std::memcmp(few.data(), all.data(), few.size() * sizeof(float)) == 0);
    }
  });
}

TEST_CASE("linear: NaN and infinity stay in their row", "[linear]") {
  const int64_t n = 45, k = 100;
  for (const int64_t m : {5, 40}) {
    const auto clean = numbers<float>(m * k, 1), b = numbers<float>(n * k, 2);
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      auto a = clean;
      a[static_cast<size_t>(2 * k + 7)] = bad;
      for_each_variant([&](int) {
        CAPTURE(m, bad);
        const auto expected = product(clean, b, m, n, k), c = product(a, b, m, n, k);
        for (int64_t i = 0; i < m * n; ++i) {
          const auto at = static_cast<size_t>(i);
          if (i / n == 2)
            REQUIRE(!std::isfinite(c[at]));
          else
            REQUIRE(c[at] == expected[at]);
        }
      });
    }
  }
}

}  // namespace
}  // namespace medley::tests
