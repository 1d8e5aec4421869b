// Rows scaled to unit length: y = x / max(|x|, 1e-12), as PyTorch's F.normalize.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"
#include "kernels/wide.h"

namespace medley::kernels {

inline constexpr double kNormalizeEps = 1e-12;

template <class T>
struct NormalizeForward {
  int64_t rows = 0, n = 0;  // n >= 1
  const T* x = nullptr;     // [rows, n]
  T* y = nullptr;           // [rows, n]
  Wide<T>* norm = nullptr;  // [rows]: max(|x|, eps)
};

template <class T>
struct NormalizeBackward {
  int64_t rows = 0, n = 0;
  const T* dy = nullptr;          // [rows, n]
  const T* y = nullptr;           // [rows, n]
  const Wide<T>* norm = nullptr;  // [rows]
  T* dx = nullptr;                // [rows, n]; may be dy when not accumulating
  bool accumulate = false;        // dx += instead of dx =
};

namespace cpu {
void normalize_forward(const NormalizeForward<float>& args);
void normalize_forward(const NormalizeForward<double>& args);
void normalize_backward(const NormalizeBackward<float>& args);
void normalize_backward(const NormalizeBackward<double>& args);
}  // namespace cpu

namespace cuda {
void normalize_forward(const NormalizeForward<float>& args, Stream stream);
void normalize_forward(const NormalizeForward<bf16>& args, Stream stream);
void normalize_backward(const NormalizeBackward<float>& args, Stream stream);
void normalize_backward(const NormalizeBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
