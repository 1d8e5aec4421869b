// x = min(max(x, low), high) in place over a flat range, NaN stays NaN. BLIP keeps its temperature
// within bounds.
#pragma once

#include <cstdint>

#include "core/device.h"
#include "kernels/wide.h"

namespace medley::kernels {

template <class T>
struct Clamp {
  int64_t n = 0;
  T* x = nullptr;  // [n]
  Wide<T> low = 0, high = 0;
};

namespace cpu {
void clamp(const Clamp<float>& args);
void clamp(const Clamp<double>& args);
}  // namespace cpu

namespace cuda {
void clamp(const Clamp<float>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
