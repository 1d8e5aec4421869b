// One `if` on the device.
#include "core/memory_source.h"

#include <cstdlib>

#include "core/cuda/backend.h"

namespace medley {

void* source_allocate(size_t bytes, Device device) {
  constexpr size_t kAlignment = 64;  // a cache line, and a vector of AVX-512
  if (device.kind == Device::Cuda) return cuda::backend::allocate(bytes, device.index);
  return std::aligned_alloc(kAlignment, bytes);
}

void source_free(void* data, size_t bytes, Device device) noexcept {
  if (device.kind == Device::Cuda) {
    cuda::backend::free(data, bytes, device.index);
  } else {
    std::free(data);
  }
}

bool is_host_memory(Device device) {
  return device.kind == Device::Cpu ||
         (device.kind == Device::Cuda && cuda::kBackend == cuda::Backend::emulated);
}

}  // namespace medley
