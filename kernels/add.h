// y = factor * (a + b) over a flat range; y may be a or b, so that it also accumulates and scales.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"
#include "kernels/wide.h"

namespace medley::kernels {

template <class T>
struct Add {
  int64_t n = 0;
  const T* a = nullptr;
  const T* b = nullptr;  // null: zeros
  T* y = nullptr;
  Wide<T> factor = 1;
  const T* times = nullptr;  // [1]: a factor that lies where the tensors do, multiplied in too
};

namespace cpu {
void add(const Add<float>& args);
void add(const Add<double>& args);
}  // namespace cpu

namespace cuda {
void add(const Add<float>& args, Stream stream);
void add(const Add<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
