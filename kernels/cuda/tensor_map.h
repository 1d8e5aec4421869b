// Making the maps that tma_load takes (kernels/cuda/device/tma.h).
#pragma once

#include <cstdint>

#include "core/bf16.h"
#include "kernels/cuda/device/tma.h"

namespace medley::kernels::cuda {

// A bf16 matrix [rows, columns] whose rows begin row_bytes apart, copied in boxes. Throws
// ValueError unless base and row_bytes are multiples of 16, box_columns is at most 64 and box_rows
// at most 256; DeviceError when the driver refuses the map.
device::TensorMap make_tensor_map(const bf16* base, int64_t rows, int64_t columns,
                                  int64_t row_bytes, int box_rows, int box_columns);

}  // namespace medley::kernels::cuda
