// y = factor * (a + b) over a flat range; y may be a or b, so that it also accumulates.
#pragma once

#include <cstdint>

namespace medley::kernels {

template <class T>
struct Add {
  int64_t n = 0;
  const T* a = nullptr;
  const T* b = nullptr;  // null: zeros
  T* y = nullptr;
  T factor = 1;
};

namespace cpu {
void add(const Add<float>& args);
void add(const Add<double>& args);
}  // namespace cpu

}  // namespace medley::kernels
