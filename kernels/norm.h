// Sum of squares of a flat range in f64, in fixed chunks summed in order, and how many elements are
// NaN or infinite.
#pragma once

#include <cstdint>

namespace medley::kernels {

template <class T>
struct SquaredNorm {
  int64_t n = 0;
  const T* x = nullptr;
  double* sum = nullptr;         // [1]; over the finite elements
  int64_t* nonfinite = nullptr;  // [1]
};

namespace cpu {
void squared_norm(const SquaredNorm<float>& args);
void squared_norm(const SquaredNorm<double>& args);
}  // namespace cpu

}  // namespace medley::kernels
