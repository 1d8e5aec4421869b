// Walks over two strided layouts of one shape at once. Strides are in elements.
#pragma once

#include "core/shape.h"

namespace medley {

// Calls f(offset in `to`, offset in `from`) for every index, in row-major order.
template <class F>
void for_each_index(const Shape& shape, const Shape& to, const Shape& from, const F& f) {
  if (shape.elements() == 0) return;
  int64_t index[Shape::kMaxRank] = {};
  int64_t a = 0, b = 0;
  while (true) {
    f(a, b);
    int d = shape.rank() - 1;
    for (; d >= 0; --d) {
      a += to[d];
      b += from[d];
      if (++index[d] < shape[d]) break;
      a -= shape[d] * to[d];
      b -= shape[d] * from[d];
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

// A copy as `outer` many two-dimensional ones: `rows` runs of `width` contiguous elements.
struct StridedPlan {
  int64_t width = 1;
  int64_t rows = 1, to_stride = 1, from_stride = 1;
  Shape outer, outer_to, outer_from;
};

// Neighbouring dimensions that lie behind each other in both layouts become one; the longest of the
// others becomes the rows.
StridedPlan plan_strided(const Shape& shape, const Shape& to, const Shape& from);

}  // namespace medley
