// Which CUDA devices there are. A build speaks to one of three backends (core/cuda/backend.h):
// none, the CUDA runtime, or the emulated device, which is host memory and host code.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/device.h"

namespace medley::cuda {

enum class Backend { none, runtime, emulated };

#if defined(MEDLEY_CUDA_EMULATED)
inline constexpr Backend kBackend = Backend::emulated;
#elif defined(MEDLEY_CUDA)
inline constexpr Backend kBackend = Backend::runtime;
#else
inline constexpr Backend kBackend = Backend::none;
#endif

inline constexpr int kMaxDevices = 16;

struct DeviceInfo {
  std::string name;          // "NVIDIA H200"
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  size_t memory = 0;            // bytes
  std::string driver, runtime;  // versions: "13.0"
};

// At most kMaxDevices; 0 where there is no driver.
int device_count();
// Why it cannot run medley's kernels; empty when it can. They need compute capability 8.0: tensor
// cores in bf16, cp.async.
std::string unfit(const DeviceInfo& device);
// Why device_count() is 0, in words; empty when it is not.
std::string absence();
DeviceInfo describe(Device device);
// Throws DeviceError, with the reason and the way out, when a Cuda device is not there or unfit().
// Every other device is there.
void require(Device device);
// The calling thread's own: that of its last current_stream(device), cuda:0 before.
Device current_device();
// "auto" or a name that parse_device() takes. A device that is asked for by name must be there;
// auto takes cuda:0 when it is a GPU and the CPU otherwise, with a warning when this build could
// use one.
Device choose_device(std::string_view name);

}  // namespace medley::cuda
