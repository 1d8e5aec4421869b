// Sum over one dimension.
#pragma once

#include "kernels/sum.h"

namespace medley::kernels::reference {

template <class T>
void sum_forward(const SumForward<T>& args) {
  for (int64_t o = 0; o < args.outer; ++o)
    for (int64_t j = 0; j < args.inner; ++j) {
      T sum = 0;
      for (int64_t i = 0; i < args.n; ++i) sum += args.x[(o * args.n + i) * args.inner + j];
      args.y[o * args.inner + j] = args.factor * sum;
    }
}

template <class T>
void sum_backward(const SumBackward<T>& args) {
  for (int64_t o = 0; o < args.outer; ++o)
    for (int64_t i = 0; i < args.n; ++i)
      for (int64_t j = 0; j < args.inner; ++j) {
        const T d = args.factor * args.dy[o * args.inner + j];
        T& dx = args.dx[(o * args.n + i) * args.inner + j];
        dx = args.accumulate ? dx + d : d;
      }
}

}  // namespace medley::kernels::reference
