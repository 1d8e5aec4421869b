// table[index[i]] += dy[i], the backward pass of picking rows: the rows of one index are added in
// the order of i, by one warp, so there are no atomics and the bits are always the same.
#pragma once

#include <cstdint>

#include "core/device.h"
#include "kernels/cuda/device/fault.h"

namespace medley::kernels::cuda {

template <class T, class Sum>
struct RowSums {
  int64_t count = 0, n = 0, rows = 0;
  const int32_t* index = nullptr;  // [count], in 0 .. rows - 1; others are a fault and left out
  const T* dy = nullptr;           // [count, n]
  Sum* table = nullptr;            // [rows, n], added to
};

// For float, bf16 and rows of bf16 that are added to float.
template <class T, class Sum>
void sum_rows(const RowSums<T, Sum>& args, device::Fault* fault, Stream stream);

}  // namespace medley::kernels::cuda
