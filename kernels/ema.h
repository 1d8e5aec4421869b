// Exponential moving average over a flat range: average = keep * average + (1 - keep) * value.
#pragma once

#include <cstdint>

#include "core/device.h"

namespace medley::kernels {

template <class T>
struct Ema {
  int64_t n = 0;
  T* average = nullptr;
  const T* value = nullptr;
  const double* keep = nullptr;  // [1]; null: 0, a copy
};

namespace cpu {
void ema(const Ema<float>& args);
void ema(const Ema<double>& args);
}  // namespace cpu

namespace cuda {
void ema(const Ema<float>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
