// The dropout key that a launch is to use.
#pragma once

#include "kernels/cuda/device/cuda.h"
#include "kernels/dropout.h"

namespace medley::kernels::cuda::device {

// With the step of now.
MEDLEY_DEVICE DropoutKey current(DropoutKey key) {
  if (key.device_step != nullptr) key.step = static_cast<uint32_t>(*key.device_step);
  return key;
}

}  // namespace medley::kernels::cuda::device
