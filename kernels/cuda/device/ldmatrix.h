// Four 8x8 matrices of 16-bit elements from shared memory into the fragments that mma takes. Lane
// 8 i + r gives the address of row r of matrix i, 16 bytes; r[i] of lane l gets elements
// (l / 4, 2 (l % 4)) and the next one of matrix i, low half first (PTX ISA, ldmatrix).
#pragma once

#include <cstdint>

#include "kernels/cuda/device/line.h"

namespace medley::kernels::cuda::device {

#if !defined(__CUDACC__)
inline void ldmatrix_model(const char* operation, bool transposed, uint32_t (&r)[4],
                           const void* row, Line line) {
  struct Slot {
    const void* address;
    uint16_t row[8];
    uint32_t* r;
  } slot{row, {}, r};
  emulator::check_shared(operation, row, 16, 16, line);
  __builtin_memcpy(slot.row, row, 16);  // by the lane that gives the address: sanitizers see it
  emulator::warp_operation(operation, emulator::kFullMask, slot, line, [&](const auto& lanes) {
    for (int i = 0; i < 4; ++i) {
      const void* rows[8];
      for (int j = 0; j < 8; ++j) rows[j] = lanes[8 * i + j].address;
      emulator::count_ldmatrix(rows);
      for (int lane = 0; lane < 32; ++lane) {
        const int group = lane / 4, pair = lane % 4 * 2;
        const auto element = [&](int j) -> uint32_t {
          return transposed ? lanes[8 * i + pair + j].row[group]
                            : lanes[8 * i + group].row[pair + j];
        };
        lanes[lane].r[i] = element(0) | element(1) << 16;
      }
    }
  });
}
#endif

MEDLEY_DEVICE void ldmatrix_x4(uint32_t (&r)[4], const void* row,
                               [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  const auto from = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(from)
               : "memory");
#else
  ldmatrix_model("ldmatrix_x4", false, r, row, line);
#endif
}

// Each matrix transposed: r[i] gets elements (2 (l % 4), l / 4) and (2 (l % 4) + 1, l / 4).
MEDLEY_DEVICE void ldmatrix_x4_trans(uint32_t (&r)[4], const void* row,
                                     [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  const auto from = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(from)
               : "memory");
#else
  ldmatrix_model("ldmatrix_x4_trans", true, r, row, line);
#endif
}

}  // namespace medley::kernels::cuda::device
