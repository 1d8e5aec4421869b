// ReLU and its derivative, element by element.
#pragma once

#include "kernels/relu.h"

namespace medley::kernels::reference {

template <class T>
void relu_forward(const ReluForward<T>& args) {
  for (int64_t i = 0; i < args.n; ++i) args.y[i] = args.x[i] < 0 ? T(0) : args.x[i];
}

template <class T>
void relu_backward(const ReluBackward<T>& args) {
  for (int64_t i = 0; i < args.n; ++i) args.dx[i] = args.y[i] == 0 ? T(0) : args.dy[i];
}

}  // namespace medley::kernels::reference
