// Matrix products of a warpgroup (four warps, 128 threads) that run while its threads go on: sm_90a
// (PTX ISA, wgmma.mma_async). d += a b with a 64 x 16 and b 16 x N from shared memory; both lie
// K-major, 64 elements a row, with 128-byte swizzle, as tma_load leaves them.
//   wgmma_fence();
//   for (k = 0; k < 4; ++k)
//     wgmma_m64k16<64>(d, wgmma_descriptor(a) + 2 * k, wgmma_descriptor(b) + 2 * k, true);
//   wgmma_commit();
//   wgmma_wait<0>();                    // only then d may be touched, and a and b overwritten
// Thread t holds d[i] = (t / 32 * 16 + t % 32 / 4 + i / 2 % 2 * 8, i / 4 * 8 + t % 4 * 2 + i % 2).
#pragma once

#include <cstdint>

#include "kernels/cuda/device/line.h"

namespace medley::kernels::cuda::device {

// Of a tile at a multiple of 1024. One step of 16 in K is 32 bytes: + 2 in the descriptor.
MEDLEY_DEVICE uint64_t wgmma_descriptor(const void* tile) {
#if defined(__CUDACC__)
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(tile));
#else
  const uint32_t address = emulator::shared_address(tile);
#endif
  constexpr uint64_t kGroupBytes = 1024;  // from 8 rows to the next 8
  constexpr uint64_t kSwizzle128 = 1;
  return (address >> 4 & 0x3fff) | uint64_t{1} << 16 | kGroupBytes >> 4 << 32 | kSwizzle128 << 62;
}

MEDLEY_DEVICE void wgmma_fence([[maybe_unused]] Line line = Line::here()) {
#if defined(MEDLEY_PTX_SM90A)
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#elif !defined(__CUDACC__)
  emulator::wgmma_fence(line);
#endif
}

MEDLEY_DEVICE void wgmma_commit([[maybe_unused]] Line line = Line::here()) {
#if defined(MEDLEY_PTX_SM90A)
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#elif !defined(__CUDACC__)
  emulator::wgmma_commit(line);
#endif
}

// Until at most N groups are under way.
template <int N>
MEDLEY_DEVICE void wgmma_wait([[maybe_unused]] Line line = Line::here()) {
#if defined(MEDLEY_PTX_SM90A)
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(N) : "memory");
#elif !defined(__CUDACC__)
  emulator::wgmma_wait(N, line);
#endif
}

#if defined(MEDLEY_PTX_SM90A)
// Sixteen accumulators: their places in the text, and their constraints.
#define MEDLEY_TEXT_0 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15"
#define MEDLEY_TEXT_1 "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define MEDLEY_TEXT_2 "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47"
#define MEDLEY_TEXT_3 "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define MEDLEY_FOUR(d, i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define MEDLEY_SIXTEEN(d, i) \
  MEDLEY_FOUR(d, i), MEDLEY_FOUR(d, i + 4), MEDLEY_FOUR(d, i + 8), MEDLEY_FOUR(d, i + 12)
#define MEDLEY_WGMMA(shape, accumulators, a, b, flag, ...)                                   \
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, " flag                                  \
               ", 0;\n"                                                                      \
               "wgmma.mma_async.sync.aligned." shape ".f32.bf16.bf16 {" accumulators "}, " a \
               ", " b ", add, 1, 1, 0, 0;\n}"                                                \
               : __VA_ARGS__                                                                 \
               : "l"(a_tile), "l"(b_tile), "r"(static_cast<int>(accumulate)))
#endif

// Not accumulate: d = a b.
template <int N>
MEDLEY_DEVICE void wgmma_m64k16(float (&d)[N / 2], uint64_t a_tile, uint64_t b_tile,
                                bool accumulate, [[maybe_unused]] Line line = Line::here()) {
  static_assert(N == 64 || N == 128, "add the text of another size here");
#if defined(MEDLEY_PTX_SM90A)
  if constexpr (N == 64)
    MEDLEY_WGMMA("m64n64k16", MEDLEY_TEXT_0 "," MEDLEY_TEXT_1, "%32", "%33", "%34",
                 MEDLEY_SIXTEEN(d, 0), MEDLEY_SIXTEEN(d, 16));
  else
    MEDLEY_WGMMA("m64n128k16", MEDLEY_TEXT_0 "," MEDLEY_TEXT_1 "," MEDLEY_TEXT_2 "," MEDLEY_TEXT_3,
                 "%64", "%65", "%66", MEDLEY_SIXTEEN(d, 0), MEDLEY_SIXTEEN(d, 16),
                 MEDLEY_SIXTEEN(d, 32), MEDLEY_SIXTEEN(d, 48));
#elif !defined(__CUDACC__)
  emulator::wgmma(d, N, a_tile, b_tile, accumulate, line);
#endif
}

#if defined(MEDLEY_PTX_SM90A)
#undef MEDLEY_TEXT_0
#undef MEDLEY_TEXT_1
#undef MEDLEY_TEXT_2
#undef MEDLEY_TEXT_3
#undef MEDLEY_FOUR
#undef MEDLEY_SIXTEEN
#undef MEDLEY_WGMMA
#endif

}  // namespace medley::kernels::cuda::device
