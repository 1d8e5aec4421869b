// The caller's line, as the last parameter of a primitive: what the emulator names in its reports.
// On a GPU it is an empty struct that costs nothing.
#pragma once

#include "kernels/cuda/device/cuda.h"

namespace medley::kernels::cuda::device {

#if defined(__CUDACC__)
struct Line {
  static MEDLEY_DEVICE constexpr Line here() { return {}; }
};
#else
using emulator::Line;
#endif

}  // namespace medley::kernels::cuda::device
