// Dropout element by element, for float and double: y = x * (kept ? 1 / (1 - p) : 0).
#pragma once

#include "kernels/dropout.h"

namespace medley::kernels::reference {

template <class T>
void dropout(const Dropout<T>& args) {
  const T scale = args.key.active() ? static_cast<T>(args.key.scale()) : T(1);
  for (int64_t r = 0; r < args.rows; ++r) {
    for (int64_t c = 0; c < args.n; ++c) {
      const bool kept = !args.key.active() || dropout_keeps(args.key, 0, static_cast<uint32_t>(r),
                                                            static_cast<uint32_t>(c));
      const int64_t i = r * args.n + c;
      const T value = kept ? scale * args.x[i] : T(0);
      args.y[i] = args.accumulate ? args.y[i] + value : value;
    }
  }
}

}  // namespace medley::kernels::reference
