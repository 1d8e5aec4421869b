// Softmax of rows: y = exp(x - max x) / sum exp(x - max x). A row with a NaN, or without a number
// above -infinity, is NaN.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"

namespace medley::kernels {

template <class T>
struct SoftmaxForward {
  int64_t rows = 0, n = 0;  // n >= 1
  const T* x = nullptr;     // [rows, n]
  T* y = nullptr;           // [rows, n]; may be x
};

// dx = y (dy - sum of y dy).
template <class T>
struct SoftmaxBackward {
  int64_t rows = 0, n = 0;
  const T* dy = nullptr;    // [rows, n]
  const T* y = nullptr;     // [rows, n]
  T* dx = nullptr;          // [rows, n]; may be dy when not accumulating
  bool accumulate = false;  // dx += instead of dx =
};

namespace cpu {
void softmax_forward(const SoftmaxForward<float>& args);
void softmax_forward(const SoftmaxForward<double>& args);
void softmax_backward(const SoftmaxBackward<float>& args);
void softmax_backward(const SoftmaxBackward<double>& args);
}  // namespace cpu

namespace cuda {
void softmax_forward(const SoftmaxForward<float>& args, Stream stream);
void softmax_forward(const SoftmaxForward<bf16>& args, Stream stream);
void softmax_backward(const SoftmaxBackward<float>& args, Stream stream);
void softmax_backward(const SoftmaxBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
