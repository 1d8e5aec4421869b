// Conversion element by element: bf16.h does the work.
#pragma once

#include "kernels/cast.h"

namespace medley::kernels::reference {

template <class From, class To>
void cast(const Cast<From, To>& args) {
  for (int64_t i = 0; i < args.n; ++i) args.y[i] = static_cast<To>(args.x[i]);
}

}  // namespace medley::kernels::reference
