// Sum of squares of a flat range in f64, and how many elements are NaN or infinite. The order of
// the sum is part of the contract, so that every device and thread count gives the same bits: a
// chunk is kNormLanes interleaved sums added in order (what is left over at its end goes to the
// first), a group is kNormGroup chunks in order, the whole is its groups in order. When something
// is not finite the bits may differ.
#pragma once

#include <cstdint>

#include "core/device.h"

namespace medley::kernels {

inline constexpr int64_t kNormChunk = 4096;  // elements
inline constexpr int64_t kNormLanes = 8;
inline constexpr int64_t kNormGroup = 256;  // chunks

template <class T>
struct SquaredNorm {
  int64_t n = 0;
  const T* x = nullptr;
  double* sum = nullptr;         // [1]; over the finite elements
  int64_t* nonfinite = nullptr;  // [1]
};

namespace cpu {
void squared_norm(const SquaredNorm<float>& args);
void squared_norm(const SquaredNorm<double>& args);
}  // namespace cpu

namespace cuda {
void squared_norm(const SquaredNorm<float>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
