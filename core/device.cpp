// Names of devices, both ways.
#include "core/device.h"

#include <charconv>

#include "core/error.h"
#include "core/str.h"

namespace medley {

std::string str(Device device) {
  switch (device.kind) {
    case Device::Cpu:
      return "cpu";
    case Device::Cuda:
      return "cuda:" + std::to_string(device.index);
    case Device::Meta:
      return "meta";
  }
  return "?";
}

Device parse_device(std::string_view s) {
  if (s == "cpu") return {Device::Cpu, 0};
  if (s == "meta") return {Device::Meta, 0};
  if (s == "cuda") return {Device::Cuda, 0};
  if (s.starts_with("cuda:")) {
    int8_t index = 0;
    const char* end = s.data() + s.size();
    const auto [stop, error] = std::from_chars(s.data() + 5, end, index);
    if (error == std::errc() && stop == end && index >= 0) return {Device::Cuda, index};
  }
  throw ValueError(str("'", s, "' is not a device"),
                   "use cpu, cuda, cuda:N (N from 0 to 15) or meta");
}

}  // namespace medley
