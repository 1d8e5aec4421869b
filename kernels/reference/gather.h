// Rows picked by index, row by row.
#pragma once

#include "kernels/gather.h"

namespace medley::kernels::reference {

template <class T>
void gather_forward(const GatherForward<T>& args) {
  for (int64_t r = 0; r < args.count; ++r)
    for (int64_t i = 0; i < args.n; ++i)
      args.y[r * args.n + i] = args.x[args.index[r] * args.n + i];
}

template <class T>
void gather_backward(const GatherBackward<T>& args) {
  for (int64_t r = 0; r < args.count; ++r)
    for (int64_t i = 0; i < args.n; ++i)
      args.dx[args.index[r] * args.n + i] += args.dy[r * args.n + i];
}

}  // namespace medley::kernels::reference
