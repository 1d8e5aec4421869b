// GELU and its derivative, element by element.
#pragma once

#include <cmath>

#include "kernels/gelu.h"

namespace medley::kernels::reference {

// x Phi(x), Phi the standard normal distribution function.
template <class T>
T gelu(T x) {
  return x / 2 * (1 + std::erf(x * T(0.70710678118654752440)));
}

// Phi(x) + x phi(x), phi the standard normal density.
template <class T>
T gelu_gradient(T x) {
  const T cdf = (1 + std::erf(x * T(0.70710678118654752440))) / 2;
  return cdf + x * T(0.39894228040143267794) * std::exp(-x * x / 2);
}

template <class T>
void gelu_forward(const GeluForward<T>& args) {
  for (int64_t i = 0; i < args.n; ++i) args.y[i] = gelu(args.x[i]);
}

template <class T>
void gelu_backward(const GeluBackward<T>& args) {
  for (int64_t i = 0; i < args.n; ++i) {
    const T d = args.dy[i] * gelu_gradient(args.x[i]);
    args.dx[i] = args.accumulate ? args.dx[i] + d : d;
  }
}

}  // namespace medley::kernels::reference
