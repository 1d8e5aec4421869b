// The one place where a device becomes a kernel. Kernels are plain functions: cpu::op(args), and
// cuda::op(args, stream) once a CUDA kernel of that name exists; Meta runs nothing.
#pragma once

#include "core/device.h"
#include "core/error.h"
#include "core/str.h"

namespace medley::kernels {

[[noreturn]] inline void refuse_device(const char* op, Device device) {
  throw DeviceError(str("[", op, "] has no kernel for ", medley::str(device)),
                    "this build computes on the CPU alone");
}

}  // namespace medley::kernels

// MEDLEY_KERNEL(layernorm_forward, device, args): runs kernels::cpu::layernorm_forward(args) when
// device is the CPU.
#define MEDLEY_KERNEL(op, device, ...)                         \
  do {                                                         \
    const ::medley::Device medley_device = (device);           \
    if (medley_device.kind == ::medley::Device::Cpu) {         \
      ::medley::kernels::cpu::op(__VA_ARGS__);                 \
    } else if (medley_device.kind != ::medley::Device::Meta) { \
      ::medley::kernels::refuse_device(#op, medley_device);    \
    }                                                          \
  } while (false)
