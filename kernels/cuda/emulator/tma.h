// The Tensor Memory Accelerator of sm_90: asynchronous copies of boxes of a matrix to shared memory
// (PTX ISA, cp.async.bulk.tensor). Model of the 2-D form with bf16 elements and 128-byte swizzle:
// rows of the box are 128 bytes, and their 16-byte chunks are XORed with the row's number modulo 8.
#pragma once

#include <cstdint>

#include "kernels/cuda/emulator/line.h"

namespace medley::kernels::cuda::emulator {

struct TensorMap {
  const void* base;
  int64_t rows, columns;
  int64_t row_bytes;  // from a row to the next
  int box_rows, box_columns;
};

// What lies outside the matrix arrives as zeros, and counts as bytes of the box all the same.
void tma_load(void* shared, const TensorMap& map, int column, int row, void* mbarrier, Line line);

// Where 128-byte swizzle puts byte `address` of a tile that begins at a multiple of 1024.
constexpr unsigned swizzle_128(unsigned address) { return address ^ (address >> 3 & 0x70); }

}  // namespace medley::kernels::cuda::emulator
