// Matrix products of a warp on tensor cores: d += a b. Each lane holds fragments of the three; with
// g = lane / 4 and t = lane % 4 (PTX ISA, "Matrix Fragments for mma.m16n8k16" and "... .m16n8k8"):
//                 a, 16 rows                              b, 8 columns         d, 16 x 8
//   m16n8k16      [0] (g, 2t) [1] (g+8, 2t)               [0] (2t, g)          [0] (g, 2t)
//   bf16 pairs    [2] (g, 2t+8) [3] (g+8, 2t+8)           [1] (2t+8, g)        [1] (g, 2t+1)
//   m16n8k8       [0] (g, t) [1] (g+8, t)                 [0] (t, g)           [2] (g+8, 2t)
//   tf32          [2] (g, t+4) [3] (g+8, t+4)             [1] (t+4, g)         [3] (g+8, 2t+1)
// The order in which the hardware sums over k is not documented; neither is the emulator's its
// model.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/line.h"

namespace medley::kernels::cuda::device {

#if !defined(__CUDACC__)
// d[16][8] += a[16][K] b[K][8]; unpack(lanes, a, b) fills the operands.
template <int K, class Unpack>
void mma_model(const char* operation, float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
               Line line, Unpack unpack) {
  struct Slot {
    float* d;
    const uint32_t* a;
    const uint32_t* b;
  } slot{d, a, b};
  emulator::warp_operation(operation, emulator::kFullMask, slot, line, [&](const auto& lanes) {
    float left[16][K], right[K][8], sum[16][8];
    for (int lane = 0; lane < 32; ++lane) unpack(lane, lanes[lane].a, lanes[lane].b, left, right);
    const auto each = [&](auto move) {
      for (int lane = 0; lane < 32; ++lane)
        for (int i = 0; i < 4; ++i)
          move(sum[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2], lanes[lane].d[i]);
    };
    each([](float& element, float& part) { element = part; });
    for (int row = 0; row < 16; ++row)
      for (int k = 0; k < K; ++k)
        for (int column = 0; column < 8; ++column)
          sum[row][column] += left[row][k] * right[k][column];
    each([](float& element, float& part) { part = element; });
    ++emulator::running_block->counters.mma;
  });
}
#endif

MEDLEY_DEVICE void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                                [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  mma_model<16>("mma_m16n8k16", d, a, b, line,
                [](int lane, const uint32_t* pa, const uint32_t* pb, auto& left, auto& right) {
                  const int g = lane / 4, t = lane % 4 * 2;
                  for (int i = 0; i < 4; ++i) {
                    const float2 pair = unpack_bf16(pa[i]);
                    left[g + i % 2 * 8][t + i / 2 * 8] = pair.x;
                    left[g + i % 2 * 8][t + i / 2 * 8 + 1] = pair.y;
                  }
                  for (int i = 0; i < 2; ++i) {
                    const float2 pair = unpack_bf16(pb[i]);
                    right[t + i * 8][g] = pair.x;
                    right[t + i * 8 + 1][g] = pair.y;
                  }
                });
#endif
}

// float as tf32, 10 bits of mantissa: rounded to nearest, ties away from zero.
MEDLEY_DEVICE uint32_t to_tf32(float x) {
#if defined(__CUDACC__)
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#else
  const uint32_t bits = __float_as_uint(x);
  const bool finite = (bits & 0x7f800000u) != 0x7f800000u;
  return finite ? (bits + 0x1000u) & 0xffffe000u : bits;
#endif
}

// Operands from to_tf32.
MEDLEY_DEVICE void mma_m16n8k8_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                                    [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  mma_model<8>("mma_m16n8k8_tf32", d, a, b, line,
               [](int lane, const uint32_t* pa, const uint32_t* pb, auto& left, auto& right) {
                 // The hardware reads the upper 19 bits.
                 const auto value = [](uint32_t bits) {
                   return __uint_as_float(bits & 0xffffe000u);
                 };
                 const int g = lane / 4, t = lane % 4;
                 for (int i = 0; i < 4; ++i) left[g + i % 2 * 8][t + i / 2 * 4] = value(pa[i]);
                 for (int i = 0; i < 2; ++i) right[t + i * 4][g] = value(pb[i]);
               });
#endif
}

}  // namespace medley::kernels::cuda::device
