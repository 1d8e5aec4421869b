// Accesses of up to 16 bytes at once, the widest that a thread can make. The emulator checks that
// the address is a multiple of the size, and counts bytes, memory sectors and bank conflicts.
//   uint4 x = load<uint4>(p);  store(p, x);
//   float x[8]; load_vector(row, x);  store_vector(row, x);   // row: float* or bf16*
#pragma once

#include <cstdint>

#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/line.h"

namespace medley::kernels::cuda::device {

template <class Vector>
MEDLEY_DEVICE Vector load(const void* address, [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  return *static_cast<const Vector*>(address);
#else
  emulator::check_aligned("load", address, sizeof(Vector), line);
  emulator::count_access(emulator::Access::load, address, sizeof(Vector), line);
  Vector value;
  __builtin_memcpy(&value, address, sizeof value);
  return value;
#endif
}

template <class Vector>
MEDLEY_DEVICE void store(void* address, const Vector& value,
                         [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  *static_cast<Vector*>(address) = value;
#else
  emulator::check_aligned("store", address, sizeof(Vector), line);
  emulator::count_access(emulator::Access::store, address, sizeof(Vector), line);
  __builtin_memcpy(address, &value, sizeof value);
#endif
}

template <int N>
MEDLEY_DEVICE void load_words(const void* address, uint32_t (&words)[N], Line line = Line::here()) {
  static_assert(N == 1 || N == 2 || N % 4 == 0);
  const auto* const from = static_cast<const uint32_t*>(address);
  if constexpr (N == 1) {
    words[0] = load<uint32_t>(from, line);
  } else if constexpr (N == 2) {
    const uint2 part = load<uint2>(from, line);
    words[0] = part.x;
    words[1] = part.y;
  } else {
    MEDLEY_UNROLL
    for (int i = 0; i < N; i += 4) {
      const uint4 part = load<uint4>(from + i, line);
      words[i] = part.x;
      words[i + 1] = part.y;
      words[i + 2] = part.z;
      words[i + 3] = part.w;
    }
  }
}

template <int N>
MEDLEY_DEVICE void store_words(void* address, const uint32_t (&words)[N],
                               Line line = Line::here()) {
  static_assert(N == 1 || N == 2 || N % 4 == 0);
  auto* const to = static_cast<uint32_t*>(address);
  if constexpr (N == 1) {
    store(to, words[0], line);
  } else if constexpr (N == 2) {
    store(to, make_uint2(words[0], words[1]), line);
  } else {
    MEDLEY_UNROLL
    for (int i = 0; i < N; i += 4)
      store(to + i, make_uint4(words[i], words[i + 1], words[i + 2], words[i + 3]), line);
  }
}

// N elements that follow each other, as floats; the address is a multiple of their size, or of 16.
template <class T, int N>
MEDLEY_DEVICE void load_vector(const T* row, float (&x)[N], Line line = Line::here()) {
  constexpr int kPerWord = static_cast<int>(4 / sizeof(T));
  uint32_t words[N / kPerWord];
  load_words(row, words, line);
  MEDLEY_UNROLL
  for (int i = 0; i < N / kPerWord; ++i) {
    if constexpr (kPerWord == 1) {
      x[i] = __uint_as_float(words[i]);
    } else {
      const float2 pair = unpack_bf16(words[i]);
      x[2 * i] = pair.x;
      x[2 * i + 1] = pair.y;
    }
  }
}

template <class T, int N>
MEDLEY_DEVICE void store_vector(T* row, const float (&x)[N], Line line = Line::here()) {
  constexpr int kPerWord = static_cast<int>(4 / sizeof(T));
  uint32_t words[N / kPerWord];
  MEDLEY_UNROLL
  for (int i = 0; i < N / kPerWord; ++i) {
    if constexpr (kPerWord == 1)
      words[i] = __float_as_uint(x[i]);
    else
      words[i] = pack_bf16(x[2 * i], x[2 * i + 1]);
  }
  store_words(row, words, line);
}

template <class T>
MEDLEY_DEVICE void load8(const T* row, float (&x)[8], Line line = Line::here()) {
  load_vector(row, x, line);
}
template <class T>
MEDLEY_DEVICE void store8(T* row, const float (&x)[8], Line line = Line::here()) {
  store_vector(row, x, line);
}

}  // namespace medley::kernels::cuda::device
