// Matrix product with epilogue and column sum: the plain form.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/threads.h"
#include "kernels/linear.h"
#include "kernels/reference/gelu.h"

namespace medley::kernels::reference {

// Rows of C are independent; every element is summed over k in order, in T. B is brought into rows
// first: a row of C then grows by multiples of whole rows of B, which the compiler vectorises.
template <class T>
void gemm(const Gemm<T>& g) {
  std::vector<T> b(static_cast<size_t>(g.k * g.n));
  for (int64_t p = 0; p < g.k; ++p)
    for (int64_t j = 0; j < g.n; ++j)
      b[static_cast<size_t>(p * g.n + j)] = g.b[p * g.b_row + j * g.b_col];

  parallel_for(g.m, 1 + 16384 / (1 + g.n * g.k), [&](int64_t begin, int64_t end) {
    std::vector<T> sums(static_cast<size_t>(g.n));
    for (int64_t i = begin; i < end; ++i) {
      std::fill(sums.begin(), sums.end(), T(0));
      for (int64_t p = 0; p < g.k; ++p) {
        const T x = g.a[i * g.a_row + p * g.a_col];
        const T* row = b.data() + p * g.n;
        for (int64_t j = 0; j < g.n; ++j) sums[static_cast<size_t>(j)] += x * row[j];
      }
      for (int64_t j = 0; j < g.n; ++j) {
        T t = sums[static_cast<size_t>(j)];
        const int64_t at = i * g.ldc + j;
        if (g.bias) t += g.bias[j];
        if (g.pre_activation) g.pre_activation[at] = t;
        if (g.gelu) t = gelu(t);
        if (g.gelu_input) t *= gelu_gradient(g.gelu_input[at]);
        if (g.residual) t += g.residual[at];
        g.c[at] = g.accumulate ? g.c[at] + t : t;
      }
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
