// AdamW, element by element, in PyTorch's order of operations.
#pragma once

#include <cmath>

#include "kernels/adamw.h"

namespace medley::kernels::reference {

template <class T>
void adamw(const AdamW<T>& args) {
  const double correction1 = 1 - std::pow(args.beta1, static_cast<double>(args.step));
  const double correction2 = 1 - std::pow(args.beta2, static_cast<double>(args.step));
  // 1 - beta in f64: in f32 1 - 0.999 would be off by 1e-5 of itself, and v and the step with it.
  const T take1 = static_cast<T>(1 - args.beta1), take2 = static_cast<T>(1 - args.beta2);
  const T beta2 = static_cast<T>(args.beta2);
  const T keep = static_cast<T>(1 - args.lr * args.decay),
          rate = static_cast<T>(args.lr / correction1);
  const T root = static_cast<T>(std::sqrt(correction2)), eps = static_cast<T>(args.eps);
  const T scale = static_cast<T>(args.gradient_scale);
  for (int64_t i = 0; i < args.n; ++i) {
    const T g = args.gradient[i] * scale;
    args.m[i] = args.m[i] + (g - args.m[i]) * take1;
    args.v[i] = args.v[i] * beta2 + g * g * take2;
    args.weight[i] = args.weight[i] * keep - rate * args.m[i] / (std::sqrt(args.v[i]) / root + eps);
  }
}

}  // namespace medley::kernels::reference
