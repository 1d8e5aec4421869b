// Softmax of rows and its gradient.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/softmax.h"

namespace medley::kernels::reference {

template <class T>
void softmax_forward(const SoftmaxForward<T>& args) {
  for (int64_t r = 0; r < args.rows; ++r) {
    const T* x = args.x + r * args.n;
    T* y = args.y + r * args.n;
    const T largest = *std::max_element(x, x + args.n);
    T sum = 0;
    for (int64_t i = 0; i < args.n; ++i) sum += y[i] = std::exp(x[i] - largest);
    for (int64_t i = 0; i < args.n; ++i) y[i] /= sum;
  }
}

template <class T>
void softmax_backward(const SoftmaxBackward<T>& args) {
  for (int64_t r = 0; r < args.rows; ++r) {
    const T* y = args.y + r * args.n;
    const T* dy = args.dy + r * args.n;
    T dot = 0;
    for (int64_t i = 0; i < args.n; ++i) dot += y[i] * dy[i];
    for (int64_t i = 0; i < args.n; ++i) {
      const T d = y[i] * (dy[i] - dot);
      T& dx = args.dx[r * args.n + i];
      dx = args.accumulate ? dx + d : d;
    }
  }
}

}  // namespace medley::kernels::reference
