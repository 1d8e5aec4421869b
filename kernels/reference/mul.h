// Elementwise product.
#pragma once

#include "kernels/mul.h"

namespace medley::kernels::reference {

template <class T>
void mul(const Mul<T>& args) {
  for (int64_t i = 0; i < args.n; ++i) {
    const T product = args.a[i] * args.b[i];
    args.y[i] = args.accumulate ? args.y[i] + product : product;
  }
}

}  // namespace medley::kernels::reference
