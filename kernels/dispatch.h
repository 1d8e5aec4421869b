// The one place where a device becomes a kernel. Kernels are plain functions: cpu::op(args) and
// cuda::op(args, stream), each overloaded for the element types that it computes in; Meta runs
// nothing.
#pragma once

#include <concepts>
#include <string_view>

#include "core/cuda/device.h"
#include "core/cuda/stream.h"
#include "core/device.h"
#include "core/dtype.h"

namespace medley::kernels {

// Throws DeviceError or DtypeError: no kernel of this op takes this type (its name) on this device.
[[noreturn]] void refuse_kernel(const char* op, std::string_view dtype, Device device);

// The element type of an op's argument struct; ops on indices have none to choose.
template <template <class...> class Args, class T, class... Others>
constexpr std::string_view element_name(const Args<T, Others...>&) {
  return name_of(kDTypeOf<T>);
}

constexpr std::string_view element_name(const auto&) { return "indices"; }

template <class Args, class Cpu, class Cuda>
void dispatch(const char* op, Device device, const Cpu& run_on_cpu, const Cuda& run_on_cuda,
              const Args& args) {
  if (device.kind == Device::Meta) return;
  if constexpr (std::invocable<const Cpu&, const Args&>) {
    if (device.kind == Device::Cpu) return run_on_cpu(args);
  }
  if constexpr (medley::cuda::kBackend != medley::cuda::Backend::none &&
                std::invocable<const Cuda&, const Args&, Stream>) {
    if (device.kind == Device::Cuda) return run_on_cuda(args, medley::cuda::current_stream(device));
  }
  refuse_kernel(op, element_name(args), device);
}

}  // namespace medley::kernels

// MEDLEY_KERNEL(layernorm_forward, device, args): kernels::cpu::layernorm_forward(args) when device
// is the CPU, kernels::cuda::layernorm_forward(args, stream) on the device's current stream when it
// is a GPU.
#define MEDLEY_KERNEL(op, device, ...)                                                     \
  ::medley::kernels::dispatch(#op, (device), MEDLEY_OVERLOADS(::medley::kernels::cpu::op), \
                              MEDLEY_OVERLOADS(::medley::kernels::cuda::op), __VA_ARGS__)
// A function with all its overloads as one object, which can be called with what they take.
#define MEDLEY_OVERLOADS(function)                                               \
  [](const auto&... medley_args) requires requires { function(medley_args...); } \
  { function(medley_args...); }
