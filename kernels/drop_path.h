// Stochastic depth (Huang et al. 2016; timm's DropPath): the branch of a residual block is left out
// for whole samples, and scaled by 1 / (1 - p) for the others:
//   y[b] = residual[b] + (kept(b) ? x[b] / (1 - p) : 0)
// kept(b) is a pure function of the key and b, element (b, 0, 0) of a dropout with that key.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"
#include "kernels/dropout.h"

namespace medley::kernels {

// Also its own backward: dx from x = dy. y may be x or residual.
template <class T>
struct DropPath {
  int64_t samples = 0, n = 0;   // n: elements of a sample
  const T* x = nullptr;         // [samples, n]
  const T* residual = nullptr;  // [samples, n]; null: zeros
  T* y = nullptr;               // [samples, n]
  DropoutKey key;
};

namespace cpu {
void drop_path(const DropPath<float>& args);
void drop_path(const DropPath<double>& args);
}  // namespace cpu

namespace cuda {
void drop_path(const DropPath<float>& args, Stream stream);
void drop_path(const DropPath<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
