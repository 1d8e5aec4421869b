// Caching allocator, one per device. Blocks are rounded to 512 bytes and reused best fit first, so
// that the same sequence of requests gets the same addresses. Statistics are kept by the Scope tag
// of the request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "core/device.h"

namespace medley {

struct MemoryStats {
  size_t live = 0;    // bytes held by tensors now
  size_t peak = 0;    // largest `live` since reset_peak()
  size_t cached = 0;  // bytes kept for reuse
  uint64_t requests = 0;
  uint64_t system_requests = 0;               // those that had to ask the operating system
  std::map<std::string, size_t> live_by_tag;  // Scope tag -> bytes
};

// 64-byte aligned; contents are undefined. On Meta it is a handle for device_free and points
// nowhere. Throws MemoryError with a table of who holds what.
void* device_allocate(size_t bytes, Device device);
void device_free(void* data, size_t bytes, Device device) noexcept;
MemoryStats memory_stats(Device device);
void reset_peak_memory(Device device);
// Gives cached blocks back to the operating system.
void release_cached_memory(Device device);

}  // namespace medley
