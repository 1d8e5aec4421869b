// Picks rows: y[i] = x[index[i]]. Backward adds each dy row to its source, in order of i
// (deterministic).
#pragma once

#include <cstdint>

namespace medley::kernels {

template <class T>
struct GatherForward {
  int64_t count = 0, n = 0;
  const int32_t* index = nullptr;  // [count]: rows of x, any order, repeats allowed
  const T* x = nullptr;            // [rows, n]
  T* y = nullptr;                  // [count, n]
};

template <class T>
struct GatherBackward {
  int64_t count = 0, n = 0;
  const int32_t* index = nullptr;
  const T* dy = nullptr;  // [count, n]
  T* dx = nullptr;        // [rows, n], added to: the caller zeroes it first
};

namespace cpu {
void gather_forward(const GatherForward<float>& args);
void gather_forward(const GatherForward<double>& args);
void gather_backward(const GatherBackward<float>& args);
void gather_backward(const GatherBackward<double>& args);
}  // namespace cpu

}  // namespace medley::kernels
