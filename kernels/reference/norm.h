// Sum of squares and count of non-finite elements.
#pragma once

#include <cmath>

#include "kernels/norm.h"

namespace medley::kernels::reference {

template <class T>
void squared_norm(const SquaredNorm<T>& args) {
  *args.sum = 0;
  *args.nonfinite = 0;
  for (int64_t i = 0; i < args.n; ++i) {
    const double x = static_cast<double>(args.x[i]);
    if (std::isfinite(x))
      *args.sum += x * x;
    else
      ++*args.nonfinite;
  }
}

}  // namespace medley::kernels::reference
