// What kernel sources see when a host compiler compiles them: CUDA's keywords, built-in types,
// variables and functions, and the block's shared memory. Included through
// kernels/cuda/device/cuda.h.
#pragma once

#include "kernels/cuda/emulator/access.h"
#include "kernels/cuda/emulator/atomics.h"
#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/intrinsics.h"
#include "kernels/cuda/emulator/intrinsics_sync.h"
#include "kernels/cuda/emulator/line.h"
#include "kernels/cuda/emulator/mbarrier.h"
#include "kernels/cuda/emulator/memory.h"
#include "kernels/cuda/emulator/tma.h"
#include "kernels/cuda/emulator/vector_types.h"
#include "kernels/cuda/emulator/wgmma.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) alignas(n)
