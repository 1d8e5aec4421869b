// Recording a fault from a kernel (core/cuda/fault.h): the first thread that finds one wins.
#pragma once

#include <cstdint>

#include "core/cuda/fault.h"
#include "kernels/cuda/device/cuda.h"

namespace medley::kernels::cuda::device {

using medley::cuda::Fault;
using medley::cuda::FaultKind;

MEDLEY_DEVICE void raise_fault(Fault* slot, FaultKind kind, int64_t position, int64_t value,
                               int64_t limit) {
  auto* const word = reinterpret_cast<int*>(&slot->kind);
  if (atomicCAS(word, static_cast<int>(FaultKind::none), static_cast<int>(kind)) !=
      static_cast<int>(FaultKind::none))
    return;
  slot->position = position;
  slot->value = value;
  slot->limit = limit;
}

}  // namespace medley::kernels::cuda::device
