// Rows scaled to unit length.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/normalize.h"

namespace medley::kernels::reference {

template <class T>
void normalize_forward(const NormalizeForward<T>& args) {
  for (int64_t r = 0; r < args.rows; ++r) {
    const T* x = args.x + r * args.n;
    T sum = 0;
    for (int64_t i = 0; i < args.n; ++i) sum += x[i] * x[i];
    args.norm[r] = std::max(std::sqrt(sum), static_cast<T>(kNormalizeEps));
    for (int64_t i = 0; i < args.n; ++i) args.y[r * args.n + i] = x[i] / args.norm[r];
  }
}

// dx = (dy - y (y . dy)) / norm; where the norm was clamped it is a constant and the second term is
// not there.
template <class T>
void normalize_backward(const NormalizeBackward<T>& args) {
  for (int64_t r = 0; r < args.rows; ++r) {
    const T* y = args.y + r * args.n;
    const T* dy = args.dy + r * args.n;
    T dot = 0;
    if (args.norm[r] > static_cast<T>(kNormalizeEps))
      for (int64_t i = 0; i < args.n; ++i) dot += y[i] * dy[i];
    for (int64_t i = 0; i < args.n; ++i) {
      const T d = (dy[i] - y[i] * dot) / args.norm[r];
      T& dx = args.dx[r * args.n + i];
      dx = args.accumulate ? dx + d : d;
    }
  }
}

}  // namespace medley::kernels::reference
