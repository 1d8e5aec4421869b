// Elementwise sum.
#pragma once

#include "kernels/add.h"

namespace medley::kernels::reference {

template <class T>
void add(const Add<T>& args) {
  const T factor = args.times ? args.factor * *args.times : args.factor;
  for (int64_t i = 0; i < args.n; ++i)
    args.y[i] = factor * (args.b ? args.a[i] + args.b[i] : args.a[i]);
}

}  // namespace medley::kernels::reference
