// Stochastic depth, sample by sample.
#pragma once

#include "kernels/drop_path.h"

namespace medley::kernels::reference {

template <class T>
void drop_path_sample(const DropPath<T>& args, int64_t b) {
  const bool kept = dropout_keeps(args.key, static_cast<uint32_t>(b), 0, 0);
  const T scale = static_cast<T>(args.key.scale());
  for (int64_t i = b * args.n; i < (b + 1) * args.n; ++i) {
    const T rest = args.residual ? args.residual[i] : T(0);
    args.y[i] = kept ? rest + scale * args.x[i] : rest;
  }
}

template <class T>
void drop_path(const DropPath<T>& args) {
  for (int64_t b = 0; b < args.samples; ++b) drop_path_sample(args, b);
}

}  // namespace medley::kernels::reference
