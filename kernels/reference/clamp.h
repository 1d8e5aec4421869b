// Values kept within bounds.
#pragma once

#include "kernels/clamp.h"

namespace medley::kernels::reference {

template <class T>
void clamp(const Clamp<T>& args) {
  for (int64_t i = 0; i < args.n; ++i)
    args.x[i] = args.x[i] < args.low ? args.low : args.x[i] > args.high ? args.high : args.x[i];
}

}  // namespace medley::kernels::reference
