// Exponential moving average, element by element.
#pragma once

#include "kernels/ema.h"

namespace medley::kernels::reference {

template <class T>
void ema(const Ema<T>& args) {
  const T keep = static_cast<T>(args.keep), take = static_cast<T>(1 - args.keep);
  for (int64_t i = 0; i < args.n; ++i)
    args.average[i] = args.average[i] * keep + args.value[i] * take;
}

}  // namespace medley::kernels::reference
