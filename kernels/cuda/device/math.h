// Arithmetic that has an instruction of its own.
#pragma once

#include <cmath>

#include "kernels/cuda/device/cuda.h"

namespace medley::kernels::cuda::device {

inline constexpr float kLog2e = 1.44269504088896340736f;
inline constexpr float kLn2 = 0.69314718055994530942f;

// 2^x with an error of 2 units in the last place (PTX ISA, ex2.approx: 2^-22.5 relative); a result
// below the smallest normal float is 0. 2^-infinity = 0.
MEDLEY_DEVICE float exp2_approx(float x) {
#if defined(__CUDACC__)
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  const float y = std::exp2(x);
  return y < 1.17549435e-38f ? 0.0f : y;
#endif
}

}  // namespace medley::kernels::cuda::device
