// Presence of devices and the choice among them: the same for every backend.
#include "core/cuda/device.h"

#include <algorithm>

#include "core/cuda/backend.h"
#include "core/error.h"
#include "core/log.h"
#include "core/str.h"

namespace medley::cuda {
namespace {

const char* way_out() {
  return kBackend == Backend::none ? "build with CUDA: cmake --preset cuda needs nvcc; cmake "
                                     "--preset emulate runs the kernels on the CPU"
                                   : "use --device cpu";
}

}  // namespace

int device_count() {
  static const int count = std::min(kMaxDevices, backend::device_count());
  return count;
}

std::string absence() { return device_count() > 0 ? "" : backend::absence(); }

DeviceInfo describe(Device device) {
  require(device);
  return backend::describe(device.index);
}

void require(Device device) {
  if (device.kind != Device::Cuda || (device.index >= 0 && device.index < device_count())) return;
  const std::string asked = str("[cuda] there is no device ", medley::str(device), ": ");
  if (device_count() == 0) throw DeviceError(asked + backend::absence(), way_out());
  throw DeviceError(str(asked, "this machine has ", device_count()),
                    str("use cuda:0 to cuda:", device_count() - 1));
}

Device current_device() { return {Device::Cuda, static_cast<int8_t>(backend::current_device())}; }

Device choose_device(std::string_view name) {
  if (name != "auto") {
    const Device device = parse_device(name);
    require(device);
    return device;
  }
  if (kBackend != Backend::runtime) return {};
  if (device_count() > 0) return {Device::Cuda, 0};
  warn(str("no GPU: ", absence(), "; running on the CPU"));
  return {};
}

}  // namespace medley::cuda
