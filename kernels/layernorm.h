// Layer normalisation over the last dimension (Ba et al. 2016): y = (x - mean) * rstd * weight +
// bias, with the biased variance and rstd = 1 / sqrt(variance + eps).
#pragma once

#include <cstdint>

namespace medley::kernels {

template <class T>
struct LayerNormForward {
  int64_t rows = 0, n = 0;
  const T* x = nullptr;       // [rows, n]
  const T* weight = nullptr;  // [n]
  const T* bias = nullptr;    // [n]
  T eps = 0;
  T* y = nullptr;     // [rows, n]; may be x
  T* mean = nullptr;  // [rows]
  T* rstd = nullptr;  // [rows]
};

template <class T>
struct LayerNormBackward {
  int64_t rows = 0, n = 0;
  const T* dy = nullptr;  // [rows, n]
  const T* x = nullptr;
  const T* weight = nullptr;
  const T* mean = nullptr;
  const T* rstd = nullptr;
  T* dx = nullptr;          // [rows, n]; may be dy when not accumulating
  bool accumulate = false;  // dx += instead of dx =
  T* dweight = nullptr;     // [n], added to; null with dbias: not wanted
  T* dbias = nullptr;       // [n], added to
};

namespace cpu {
void layernorm_forward(const LayerNormForward<float>& args);
void layernorm_forward(const LayerNormForward<double>& args);
void layernorm_backward(const LayerNormBackward<float>& args);
void layernorm_backward(const LayerNormBackward<double>& args);
}  // namespace cpu

}  // namespace medley::kernels
