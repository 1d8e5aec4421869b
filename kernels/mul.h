// y = a * b over a flat range, or added to y: the gradients of a product are such products too.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"

namespace medley::kernels {

template <class T>
struct Mul {
  int64_t n = 0;
  const T* a = nullptr;  // [n]
  const T* b = nullptr;  // [n]
  T* y = nullptr;        // [n]; may be a or b
  bool accumulate = false;
};

namespace cpu {
void mul(const Mul<float>& args);
void mul(const Mul<double>& args);
}  // namespace cpu

namespace cuda {
void mul(const Mul<float>& args, Stream stream);
void mul(const Mul<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
