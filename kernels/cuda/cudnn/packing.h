// What cuDNN must be told about packed rows, made on the device from cumulative lengths.
#pragma once

#include <cstdint>

#include "kernels/dropout.h"

namespace medley::kernels::cuda::cudnn {

// Whose blocks' beginnings a table holds.
enum OffsetTable { kQ, kK, kV, kO, kDq, kDk, kDv, kLse, kOffsetTables };

struct Packing {
  int64_t blocks = 0;
  const int32_t* cu_q = nullptr;  // [blocks + 1]
  const int32_t* cu_k = nullptr;
  int32_t* q_lengths = nullptr;  // [blocks], optional as what follows
  int32_t* k_lengths = nullptr;
  // [kOffsetTables, blocks + 1]: where each block begins, in elements; cu_q or cu_k times stride.
  int32_t* offsets = nullptr;
  int64_t strides[kOffsetTables] = {};
  int64_t* random = nullptr;  // [2]: seed and offset of the dropout, optional
  DropoutKey dropout;
};

void write_packing(const Packing& packing, Stream stream);

}  // namespace medley::kernels::cuda::cudnn
