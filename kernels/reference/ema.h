// Exponential moving average, element by element.
#pragma once

#include "kernels/ema.h"

namespace medley::kernels::reference {

template <class T>
void ema(const Ema<T>& args) {
  const double kept = args.keep ? *args.keep : 0;
  const T keep = static_cast<T>(kept), take = static_cast<T>(1 - kept);
  for (int64_t i = 0; i < args.n; ++i)
    args.average[i] = args.average[i] * keep + args.value[i] * take;
}

}  // namespace medley::kernels::reference
