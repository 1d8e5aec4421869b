// AdamW (Loshchilov and Hutter 2019; PyTorch's order of operations) over a flat range, in place:
//   m = m + (1 - beta1) (g - m),  v = beta2 v + (1 - beta2) g^2
//   w = (1 - lr decay) w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
#pragma once

#include <cstdint>

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
  double gradient_scale = 1;  // gradients are multiplied by this first (clipping)
};

namespace cpu {
void adamw(const AdamW<float>& args);
void adamw(const AdamW<double>& args);
}  // namespace cpu

}  // namespace medley::kernels
