// GELU, the exact form (Hendrycks and Gimpel 2016): y = x/2 (1 + erf(x / sqrt 2)). Fused into
// gemm's epilogue in linear layers; this is the op by itself.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"

namespace medley::kernels {

template <class T>
struct GeluForward {
  int64_t n = 0;
  const T* x = nullptr;  // [n]
  T* y = nullptr;        // [n]; may be x
};

template <class T>
struct GeluBackward {
  int64_t n = 0;
  const T* dy = nullptr;
  const T* x = nullptr;
  T* dx = nullptr;  // may be dy when not accumulating
  bool accumulate = false;
};

namespace cpu {
void gelu_forward(const GeluForward<float>& args);
void gelu_forward(const GeluForward<double>& args);
void gelu_backward(const GeluBackward<float>& args);
void gelu_backward(const GeluBackward<double>& args);
}  // namespace cpu

namespace cuda {
void gelu_forward(const GeluForward<float>& args, Stream stream);
void gelu_forward(const GeluForward<bf16>& args, Stream stream);
void gelu_backward(const GeluBackward<float>& args, Stream stream);
void gelu_backward(const GeluBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
