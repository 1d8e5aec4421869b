// Exponential moving average over a flat range: average = keep * average + (1 - keep) * value.
#pragma once

#include <cstdint>

namespace medley::kernels {

template <class T>
struct Ema {
  int64_t n = 0;
  T* average = nullptr;
  const T* value = nullptr;
  double keep = 0;
};

namespace cpu {
void ema(const Ema<float>& args);
void ema(const Ema<double>& args);
}  // namespace cpu

}  // namespace medley::kernels
