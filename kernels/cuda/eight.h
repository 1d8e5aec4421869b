// Eight neighbours of a row, as floats: what a thread of the row and flat kernels handles at once.
// They are one access of 16 bytes in bf16 and two in f32 where the address allows it, and single
// elements otherwise, so that every width and every start works and the usual ones are fast.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/vector.h"

namespace medley::kernels::cuda {

struct Eight {
  float at[8];
};

MEDLEY_DEVICE bool is_vector(const void* address, int64_t left) {
  return left >= 8 && reinterpret_cast<uintptr_t>(address) % 16 == 0;
}

// p[0 .. left - 1], at most eight of them; zeros behind.
template <class T>
MEDLEY_DEVICE Eight load_eight(const T* p, int64_t left) {
  Eight x;
  if (is_vector(p, left)) {
    device::load8(p, x.at);
  } else {
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) x.at[j] = j < left ? device::to_float(p[j]) : 0.0f;
  }
  return x;
}

template <class T>
MEDLEY_DEVICE void store_eight(T* p, int64_t left, const Eight& x) {
  if (is_vector(p, left)) {
    device::store8(p, x.at);
  } else {
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j)
      if (j < left) p[j] = device::from_float<T>(x.at[j]);
  }
}

// Adds p[0 .. left - 1] to x.
template <class T>
MEDLEY_DEVICE void add_eight(Eight& x, const T* p, int64_t left) {
  const Eight more = load_eight(p, left);
  MEDLEY_UNROLL
  for (int j = 0; j < 8; ++j) x.at[j] += more.at[j];
}

}  // namespace medley::kernels::cuda
