// AdamW, element by element, in PyTorch's order of operations.
#pragma once

#include <cmath>

#include "kernels/adamw.h"

namespace medley::kernels::reference {

template <class T>
bool skips_update(const AdamW<T>& args) {
  return args.nonfinite != nullptr && *args.nonfinite > 0;
}

template <class T>
AdamWFactors<T> clipped_factors(const AdamW<T>& args) {
  AdamWFactors<T> f = adamw_factors(args);
  const double norm = args.squared_norm == nullptr ? 0 : std::sqrt(*args.squared_norm);
  if (args.clip > 0 && norm > args.clip) f.scale *= static_cast<T>(args.clip / norm);
  return f;
}

template <class T>
void adamw(const AdamW<T>& args) {
  if (skips_update(args)) return;
  const AdamWFactors<T> f = clipped_factors(args);
  for (int64_t i = 0; i < args.n; ++i) {
    const T g = args.gradient[i] * f.scale;
    args.m[i] = args.m[i] + (g - args.m[i]) * f.take1;
    args.v[i] = args.v[i] * f.beta2 + g * g * f.take2;
    args.weight[i] =
        args.weight[i] * f.keep - f.rate * args.m[i] / (std::sqrt(args.v[i]) / f.root + f.eps);
  }
}

}  // namespace medley::kernels::reference
