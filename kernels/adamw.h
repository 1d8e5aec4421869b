// AdamW (Loshchilov and Hutter 2019; PyTorch's order of operations) over a flat range, in place:
//   m = m + (1 - beta1) (g - m),  v = beta2 v + (1 - beta2) g^2
//   w = (1 - lr decay) w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
#pragma once

#include <cmath>
#include <cstdint>

#include "core/device.h"

namespace medley::kernels {

template <class T>
struct AdamW {
  int64_t n = 0;
  T* weight = nullptr;  // [n], as the next three
  const T* gradient = nullptr;
  T* m = nullptr;
  T* v = nullptr;
  int64_t step = 1;  // t, from 1
  double lr = 0, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, decay = 0;
  double gradient_scale = 1;  // gradients are multiplied by this first

  // Clipping without the host in between, where not null: squared_norm() of all gradients. Nothing
  // changes when some are not finite; otherwise they are scaled to a norm of at most `clip` (0:
  // any).
  const double* squared_norm = nullptr;  // [1]
  const int64_t* nonfinite = nullptr;    // [1]; null exactly when squared_norm is
  double clip = 0;
};

// What the numbers of a step come down to.
template <class T>
struct AdamWFactors {
  T take1 = 0, take2 = 0, beta2 = 0;  // 1 - beta1, 1 - beta2
  T keep = 0;                         // 1 - lr decay
  T rate = 0;                         // lr / (1 - beta1^t)
  T root = 0;                         // sqrt(1 - beta2^t)
  T eps = 0, scale = 0;
};

// 1 - beta in f64: in f32 1 - 0.999 would be off by 1e-5 of itself, and v and the step with it.
template <class T>
AdamWFactors<T> adamw_factors(const AdamW<T>& args) {
  const double t = static_cast<double>(args.step);
  return {.take1 = static_cast<T>(1 - args.beta1),
          .take2 = static_cast<T>(1 - args.beta2),
          .beta2 = static_cast<T>(args.beta2),
          .keep = static_cast<T>(1 - args.lr * args.decay),
          .rate = static_cast<T>(args.lr / (1 - std::pow(args.beta1, t))),
          .root = static_cast<T>(std::sqrt(1 - std::pow(args.beta2, t))),
          .eps = static_cast<T>(args.eps),
          .scale = static_cast<T>(args.gradient_scale)};
}

namespace cpu {
void adamw(const AdamW<float>& args);
void adamw(const AdamW<double>& args);
}  // namespace cpu

namespace cuda {
void adamw(const AdamW<float>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
