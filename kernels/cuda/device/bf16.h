// bf16 in registers: pairs in one 32-bit register, and conversions that read the same for float.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/bf16.h"
#include "kernels/cuda/device/cuda.h"

namespace medley::kernels::cuda::device {

// Rounds to nearest even; `low` goes to bits 0-15, which come first in memory.
MEDLEY_DEVICE uint32_t pack_bf16(float low, float high) {
#if defined(__CUDACC__)
  uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
#else
  return bf16(low).bits | static_cast<uint32_t>(bf16(high).bits) << 16;
#endif
}

MEDLEY_DEVICE float2 unpack_bf16(uint32_t pair) {
  return make_float2(__uint_as_float(pair << 16), __uint_as_float(pair & 0xffff0000u));
}

MEDLEY_DEVICE float to_float(float x) { return x; }
MEDLEY_DEVICE float to_float(bf16 x) {
  return __uint_as_float(static_cast<uint32_t>(x.bits) << 16);
}

template <class T>
MEDLEY_DEVICE T from_float(float x) {
  if constexpr (std::is_same_v<T, bf16>) {
    bf16 y;
    y.bits = static_cast<uint16_t>(pack_bf16(x, 0.0f));
    return y;
  } else {
    return static_cast<T>(x);
  }
}

}  // namespace medley::kernels::cuda::device
