// Sum over one dimension, times a factor: 1 gives the sum, 1 / n the mean. x is [outer, n, inner],
// so that any dimension of a contiguous tensor will do, and outer = inner = 1 sums all of it.
// Sums are f32 or wider, in an order that depends on the sizes only; of no elements they are 0.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"
#include "kernels/wide.h"

namespace medley::kernels {

template <class T>
struct SumForward {
  int64_t outer = 0, n = 0, inner = 1;
  const T* x = nullptr;  // [outer, n, inner]
  T* y = nullptr;        // [outer, inner]
  Wide<T> factor = 1;
};

// dx (+)= factor dy, which all elements of a sum share.
template <class T>
struct SumBackward {
  int64_t outer = 0, n = 0, inner = 1;
  const T* dy = nullptr;  // [outer, inner]
  T* dx = nullptr;        // [outer, n, inner]
  Wide<T> factor = 1;
  bool accumulate = false;
};

namespace cpu {
void sum_forward(const SumForward<float>& args);
void sum_forward(const SumForward<double>& args);
void sum_backward(const SumBackward<float>& args);
void sum_backward(const SumBackward<double>& args);
}  // namespace cpu

namespace cuda {
void sum_forward(const SumForward<float>& args, Stream stream);
void sum_forward(const SumForward<bf16>& args, Stream stream);
void sum_backward(const SumBackward<float>& args, Stream stream);
void sum_backward(const SumBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
