// ReLU: y = max(x, 0), NaN stays NaN; its gradient at 0 is 0.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"

namespace medley::kernels {

template <class T>
struct ReluForward {
  int64_t n = 0;
  const T* x = nullptr;  // [n]
  T* y = nullptr;        // [n]; may be x
};

template <class T>
struct ReluBackward {
  int64_t n = 0;
  const T* dy = nullptr;
  const T* y = nullptr;  // forward's output
  T* dx = nullptr;       // may be dy
};

namespace cpu {
void relu_forward(const ReluForward<float>& args);
void relu_forward(const ReluForward<double>& args);
void relu_backward(const ReluBackward<float>& args);
void relu_backward(const ReluBackward<double>& args);
}  // namespace cpu

namespace cuda {
void relu_forward(const ReluForward<float>& args, Stream stream);
void relu_forward(const ReluForward<bf16>& args, Stream stream);
void relu_backward(const ReluBackward<float>& args, Stream stream);
void relu_backward(const ReluBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
