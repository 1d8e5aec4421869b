// A block of memory shared by tensors, with a version that every in-place write raises. It goes
// back to its device's caching allocator when the last tensor lets go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/device.h"

namespace medley {

namespace cuda {
class PinnedBuffer;  // core/cuda/memory.h
}

class Storage {
 public:
  // Meta storage holds no memory: data() is null.
  static std::shared_ptr<Storage> allocate(size_t bytes, Device device);
  // Host memory that a device copies from while the host goes on. Throws DeviceError without CUDA.
  static std::shared_ptr<Storage> pinned(size_t bytes);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() const { return device_.kind == Device::Meta ? nullptr : data_; }
  size_t bytes() const { return bytes_; }
  Device device() const { return device_; }
  bool is_pinned() const { return pinned_ != nullptr; }
  uint64_t version() const { return version_; }
  void bump_version() { ++version_; }

 private:
  Storage(void* data, size_t bytes, Device device);

  void* data_;  // on Meta the allocator's handle, which is no address
  size_t bytes_;
  Device device_;
  std::unique_ptr<cuda::PinnedBuffer> pinned_;  // its memory, in place of the allocator's
  uint64_t version_ = 0;
};

}  // namespace medley
