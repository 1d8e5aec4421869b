// Caching allocator, one per device. Blocks are rounded to 512 bytes and reused best fit first, so
// that the same sequence of requests gets the same addresses. On a GPU one stream computes, so a
// block can be handed out again while the kernel that used it last is still queued. Statistics are
// kept by the Scope tag of the request.
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
  uint64_t system_requests = 0;  // those that had to ask the operating system or the driver
  std::map<std::string, size_t> live_by_tag;  // Scope tag -> bytes
};

// 64-byte aligned; contents are undefined. On Meta it is a handle for device_free and points
// nowhere. Throws MemoryError with a table of who holds what.
void* device_allocate(size_t bytes, Device device);
void device_free(void* data, size_t bytes, Device device) noexcept;
MemoryStats memory_stats(Device device);
void reset_peak_memory(Device device);
// Gives cached blocks back to the operating system or the driver.
void release_cached_memory(Device device);

// Blocks that are set apart: while a Use exists, requests are served from the pool, which grows by
// cached and new blocks, and what was served returns to it when freed. So whoever recorded their
// addresses (a CUDA graph) can use them again and again. They are everyone's when the pool ends.
class MemoryPool {
 public:
  explicit MemoryPool(Device device);
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  class Use {
   public:
    explicit Use(const MemoryPool& pool);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    Device device_;
    uint64_t before_;
  };

 private:
  Device device_;
  uint64_t id_;
};

}  // namespace medley
