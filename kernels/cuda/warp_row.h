// Kernels in which a warp has a row of any width: lane l has eights l, l + 32, l + 64 ... of it.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/eight.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {

inline constexpr int kRowWarps = 8, kRowThreads = 32 * kRowWarps;

inline Launch over_rows(const char* kernel, int64_t rows) {
  return {
      .kernel = kernel, .grid = blocks_for(kernel, rows, kRowWarps), .block = dim3(kRowThreads)};
}

// This warp's number in the grid: its row, which may lie behind the last.
MEDLEY_DEVICE int64_t warp_index() {
  return static_cast<int64_t>(blockIdx.x) * kRowWarps + threadIdx.x / 32;
}
MEDLEY_DEVICE int64_t first_column() { return 8 * static_cast<int64_t>(threadIdx.x % 32); }
inline constexpr int64_t kColumnStride = 8 * 32;

// Calls f with how many eights a lane needs to hold a row of n elements in registers, as a
// constant: 1, 3 or 4; 0 when that would be too many.
template <class F>
void with_eights(int64_t n, const F& f) {
  if (n <= kColumnStride) return f(std::integral_constant<int, 1>());
  if (n <= 3 * kColumnStride) return f(std::integral_constant<int, 3>());
  if (n <= 4 * kColumnStride) return f(std::integral_constant<int, 4>());
  f(std::integral_constant<int, 0>());
}

// Calls each(i, e) for a lane's eights of a row: columns i .. i + 7, the e-th of the lane.
template <int kEights, class Each>
MEDLEY_DEVICE void for_each_eight(int64_t n, const Each& each) {
  if constexpr (kEights == 0) {
    for (int64_t i = first_column(); i < n; i += kColumnStride) each(i, 0);
  } else {
    MEDLEY_UNROLL
    for (int e = 0; e < kEights; ++e) {
      const int64_t i = first_column() + e * kColumnStride;
      if (i < n) each(i, e);
    }
  }
}

// A lane's share of a row: kEights in registers, or none, and then eight() reads again, from the
// cache for the most part. Behind the end of the row are zeros.
template <class T, int kEights>
class WarpRow {
 public:
  MEDLEY_DEVICE WarpRow(const T* row, int64_t n) : row_(row), n_(n) {
    if constexpr (kEights > 0)
      for_each_eight<kEights>(n, [&](int64_t i, int e) { kept_[e] = load_eight(row + i, n - i); });
  }
  MEDLEY_DEVICE Eight eight(int64_t i, int e) const {
    if constexpr (kEights > 0)
      return kept_[e];
    else
      return load_eight(row_ + i, n_ - i);
  }

 private:
  const T* row_;
  int64_t n_;
  Eight kept_[kEights == 0 ? 1 : kEights];
};

}  // namespace medley::kernels::cuda
