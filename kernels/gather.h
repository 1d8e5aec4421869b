// Picks rows: y[i] = x[index[i]]. Backward adds each dy row to its source, in order of i
// (deterministic).
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"

namespace medley::kernels {

template <class T>
struct GatherForward {
  int64_t count = 0, n = 0;
  int64_t rows = 0;                // of x: what CUDA kernels check the index against
  const int32_t* index = nullptr;  // [count]: rows of x, any order, repeats allowed
  const T* x = nullptr;            // [rows, n]
  T* y = nullptr;                  // [count, n]
};

template <class T>
struct GatherBackward {
  int64_t count = 0, n = 0;
  int64_t rows = 0;
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

// An index out of range gives a row of zeros and no gradient; the next cuda::check_faults() reports
// it.
namespace cuda {
void gather_forward(const GatherForward<float>& args, Stream stream);
void gather_forward(const GatherForward<bf16>& args, Stream stream);
void gather_backward(const GatherBackward<float>& args, Stream stream);
void gather_backward(const GatherBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
