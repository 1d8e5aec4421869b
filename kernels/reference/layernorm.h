// Layer normalisation, row by row.
#pragma once

#include <cmath>

#include "kernels/layernorm.h"

namespace medley::kernels::reference {

template <class T>
void layernorm_forward(const LayerNormForward<T>& args) {
  for (int64_t r = 0; r < args.rows; ++r) {
    const T* x = args.x + r * args.n;
    T* y = args.y + r * args.n;
    T mean = 0, variance = 0;
    for (int64_t i = 0; i < args.n; ++i) mean += x[i];
    mean /= static_cast<T>(args.n);
    for (int64_t i = 0; i < args.n; ++i) variance += (x[i] - mean) * (x[i] - mean);
    variance /= static_cast<T>(args.n);
    const T rstd = 1 / std::sqrt(variance + args.eps);
    for (int64_t i = 0; i < args.n; ++i)
      y[i] = (x[i] - mean) * rstd * args.weight[i] + args.bias[i];
    args.mean[r] = mean;
    args.rstd[r] = rstd;
  }
}

// With h = (x - mean) rstd and g = dy weight:
//   dx      = rstd (g - mean(g) - h mean(g h))
//   dweight = sum over rows of dy h
//   dbias   = sum over rows of dy
template <class T>
void layernorm_backward(const LayerNormBackward<T>& args) {
  for (int64_t r = 0; r < args.rows; ++r) {
    const T* x = args.x + r * args.n;
    const T* dy = args.dy + r * args.n;
    T* dx = args.dx + r * args.n;
    const T mean = args.mean[r], rstd = args.rstd[r];
    T sum_g = 0, sum_gh = 0;
    for (int64_t i = 0; i < args.n; ++i) {
      const T h = (x[i] - mean) * rstd, g = dy[i] * args.weight[i];
      sum_g += g;
      sum_gh += g * h;
      if (args.dweight) {
        args.dweight[i] += dy[i] * h;
        args.dbias[i] += dy[i];
      }
    }
    sum_g /= static_cast<T>(args.n);
    sum_gh /= static_cast<T>(args.n);
    for (int64_t i = 0; i < args.n; ++i) {
      const T h = (x[i] - mean) * rstd, d = rstd * (dy[i] * args.weight[i] - sum_g - h * sum_gh);
      dx[i] = args.accumulate ? dx[i] + d : d;
    }
  }
}

}  // namespace medley::kernels::reference
