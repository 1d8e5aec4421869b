// Layer normalisation over the last dimension (Ba et al. 2016):
//   y = (x - mean) * rstd * weight + bias,   rstd = 1 / sqrt(variance + eps)
// with the biased variance.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"
#include "kernels/wide.h"

namespace medley::kernels {

template <class T>
struct LayerNormForward {
  int64_t rows = 0, n = 0;
  const T* x = nullptr;             // [rows, n]
  const Wide<T>* weight = nullptr;  // [n]
  const Wide<T>* bias = nullptr;    // [n]
  Wide<T> eps = 0;
  T* y = nullptr;           // [rows, n]; may be x
  Wide<T>* mean = nullptr;  // [rows]
  Wide<T>* rstd = nullptr;  // [rows]
};

template <class T>
struct LayerNormBackward {
  int64_t rows = 0, n = 0;
  const T* dy = nullptr;  // [rows, n]
  const T* x = nullptr;
  const Wide<T>* weight = nullptr;
  const Wide<T>* mean = nullptr;
  const Wide<T>* rstd = nullptr;
  T* dx = nullptr;             // [rows, n]; may be dy when not accumulating
  bool accumulate = false;     // dx += instead of dx =
  Wide<T>* dweight = nullptr;  // [n], added to; null with dbias: not wanted
  Wide<T>* dbias = nullptr;    // [n], added to
};

namespace cpu {
void layernorm_forward(const LayerNormForward<float>& args);
void layernorm_forward(const LayerNormForward<double>& args);
void layernorm_backward(const LayerNormBackward<float>& args);
void layernorm_backward(const LayerNormBackward<double>& args);
}  // namespace cpu

namespace cuda {
void layernorm_forward(const LayerNormForward<float>& args, Stream stream);
void layernorm_forward(const LayerNormForward<bf16>& args, Stream stream);
void layernorm_backward(const LayerNormBackward<float>& args, Stream stream);
void layernorm_backward(const LayerNormBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
