// Matrix product with epilogue and column sum: the plain form.
#pragma once

#include <cmath>

#include "core/threads.h"
#include "kernels/linear.h"
#include "kernels/reference/gelu.h"

namespace medley::kernels::reference {

// Rows of C are independent; within one the sum over k runs in order, in T.
template <class T>
void gemm(const Gemm<T>& g) {
  parallel_for(g.m, 1 + 16384 / (1 + g.n * g.k), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < g.n; ++j) {
        T t = 0;
        for (int64_t p = 0; p < g.k; ++p)
          t += g.a[i * g.a_row + p * g.a_col] * g.b[p * g.b_row + j * g.b_col];
        const int64_t at = i * g.ldc + j;
        if (g.bias) t += g.bias[j];
        if (g.pre_activation) g.pre_activation[at] = t;
        if (g.gelu) t = gelu(t);
        if (g.gelu_input) t *= gelu_gradient(g.gelu_input[at]);
        if (g.residual) t += g.residual[at];
        g.c[at] = g.accumulate ? g.c[at] + t : t;
      }
  });
}

template <class T>
void column_sum(const ColumnSum<T>& args) {
  for (int64_t j = 0; j < args.n; ++j) {
    T sum = 0;
    for (int64_t i = 0; i < args.rows; ++i) sum += args.x[i * args.ldx + j];
    args.out[j] += sum;
  }
}

}  // namespace medley::kernels::reference
