// Conversion between element types over a flat range: the bf16 copies that products take of f32
// master weights, and back. Rounds to nearest, ties to even; NaN stays NaN.
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "core/device.h"

namespace medley::kernels {

template <class From, class To>
struct Cast {
  int64_t n = 0;
  const From* x = nullptr;  // [n]
  To* y = nullptr;          // [n], apart from x
};

namespace cpu {
void cast(const Cast<float, bf16>& args);
void cast(const Cast<bf16, float>& args);
}  // namespace cpu

namespace cuda {
void cast(const Cast<float, bf16>& args, Stream stream);
void cast(const Cast<bf16, float>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
