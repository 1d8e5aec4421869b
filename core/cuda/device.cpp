// Presence of devices and the choice among them: the same for every backend.
#include "core/cuda/device.h"

#include <algorithm>
#include <vector>

#include "core/cuda/backend.h"
#include "core/error.h"
#include "core/log.h"
#include "core/str.h"

namespace medley::cuda {
namespace {

const std::string& unfit_by_index(int index) {
  static const std::vector<std::string> reasons = [] {
    std::vector<std::string> all;
    for (int i = 0; i < device_count(); ++i) all.push_back(unfit(backend::describe(i)));
    return all;
  }();
  return reasons[static_cast<size_t>(index)];
}

const char* way_out() {
  return kBackend == Backend::none ? "build with CUDA: cmake --preset cuda needs nvcc; cmake "
                                     "--preset emulate runs the kernels on the CPU"
                                   : "use --device cpu";
}

void require_presence(Device device) {
  if (device.index >= 0 && device.index < device_count()) return;
  const std::string asked = str("[cuda] there is no device ", medley::str(device), ": ");
  if (device_count() == 0) throw DeviceError(asked + backend::absence(), way_out());
  throw DeviceError(str(asked, "this machine has ", device_count()),
                    str("use cuda:0 to cuda:", device_count() - 1));
}

}  // namespace

int device_count() {
  static const int count = std::min(kMaxDevices, backend::device_count());
  return count;
}

std::string unfit(const DeviceInfo& device) {
  if (device.major >= 8) return "";
  return str(device.name, " has compute capability ", device.major, ".", device.minor,
             ", and 8.0 (an A100, 2020) is the least");
}

std::string absence() { return device_count() > 0 ? "" : backend::absence(); }

DeviceInfo describe(Device device) {
  require_presence(device);
  return backend::describe(device.index);
}

void require(Device device) {
  if (device.kind != Device::Cuda) return;
  require_presence(device);
  if (const std::string& why = unfit_by_index(device.index); !why.empty())
    throw DeviceError(str("[cuda] cannot use ", medley::str(device), ": ", why),
                      "use --device cpu or another GPU");
}

Device current_device() { return {Device::Cuda, static_cast<int8_t>(backend::current_device())}; }

Device choose_device(std::string_view name) {
  if (name != "auto") {
    const Device device = parse_device(name);
    require(device);
    return device;
  }
  if (kBackend != Backend::runtime) return {};
  const std::string why = device_count() > 0 ? unfit_by_index(0) : absence();
  if (why.empty()) return {Device::Cuda, 0};
  warn(str("no GPU: ", why, "; running on the CPU"));
  return {};
}

}  // namespace medley::cuda
