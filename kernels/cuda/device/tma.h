// Copies of boxes of a bf16 matrix by the Tensor Memory Accelerator, sm_90 (PTX ISA,
// cp.async.bulk.tensor). A box is at most 64 columns wide (128 bytes) and lands with 128-byte
// swizzle: 16-byte chunk c of row r lies at chunk c ^ (r % 8) of that row. Maps come from
// kernels/cuda/tensor_map.h; a kernel takes them as `const __grid_constant__ TensorMap`.
#pragma once

#include "kernels/cuda/device/line.h"

#if defined(__CUDACC__)
#include <cuda.h>
#endif

namespace medley::kernels::cuda::device {

#if defined(__CUDACC__)
struct TensorMap {
  CUtensorMap map;
};
#else
using emulator::TensorMap;
#endif

// By one thread. `shared` is a multiple of 1024; the box counts its full size in bytes at the
// mbarrier, also where it reaches outside the matrix and zeros arrive.
MEDLEY_DEVICE void tma_load(void* shared, const TensorMap& map, int column, int row,
                            uint64_t* mbarrier, [[maybe_unused]] Line line = Line::here()) {
#if defined(MEDLEY_PTX_SM90)
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%3, %4}], [%2];" ::"r"(static_cast<uint32_t>(__cvta_generic_to_shared(shared))),
      "l"(&map.map), "r"(static_cast<uint32_t>(__cvta_generic_to_shared(mbarrier))), "r"(column),
      "r"(row)
      : "memory");
#elif !defined(__CUDACC__)
  emulator::tma_load(shared, map, column, row, mbarrier, line);
#endif
}

}  // namespace medley::kernels::cuda::device
