// Gradients of kernels against central differences of their own forward, in f64.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/ops/support.h"

namespace medley::tests {

// sum of y times fixed weights: a scalar whose gradient in y is exactly weights_of(y).
inline std::vector<double> weights_of(const std::vector<double>& y) {
  return numbers<double>(static_cast<int64_t>(y.size()), 77);
}
inline double contract(const std::vector<double>& y) {
  const auto weight = weights_of(y);
  double sum = 0;
  for (size_t i = 0; i < y.size(); ++i) sum += weight[i] * y[i];
  return sum;
}

// gradient[i] = d loss() / d x[i] for every element, where loss() reads x. The differences
// themselves are good to about 1e-9: h^2 of truncation and 1e-16 / h of rounding.
template <class Loss>
void check_gradient(std::vector<double>& x, const std::vector<double>& gradient, const Loss& loss) {
  constexpr double kStep = 1e-5;
  REQUIRE(gradient.size() == x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double start = x[i];
    x[i] = start + kStep;
    const double up = loss();
    x[i] = start - kStep;
    const double numeric = (up - loss()) / (2 * kStep);
    x[i] = start;
    CAPTURE(i, gradient[i], numeric);
    CHECK(std::abs(gradient[i] - numeric) <= 1e-8 + 1e-7 * std::abs(numeric));
  }
}

}  // namespace medley::tests
