// Where a tensor lives. Meta tensors have shapes and no memory: kernels are skipped, allocations
// and FLOPs are counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace medley {

struct Device {
  enum Kind : uint8_t { Cpu, Cuda, Meta };
  Kind kind = Cpu;
  int8_t index = 0;

  bool operator==(const Device&) const = default;
};

std::string str(Device device);           // "cpu", "cuda:0", "meta"
Device parse_device(std::string_view s);  // throws ValueError with the accepted forms

// Work queue of a device. Kernels on the CPU run at once and ignore it; CUDA kernels take the
// native stream from here.
struct Stream {
  void* native = nullptr;
};

}  // namespace medley
