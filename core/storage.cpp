// Storage owns one block of the caching allocator.
#include "core/storage.h"

#include <utility>

#include "core/allocator.h"
#include "core/cuda/memory.h"

namespace medley {

std::shared_ptr<Storage> Storage::allocate(size_t bytes, Device device) {
  void* data = device_allocate(bytes, device);
  try {
    return std::shared_ptr<Storage>(new Storage(data, bytes, device));
  } catch (...) {
    device_free(data, bytes, device);
    throw;
  }
}

std::shared_ptr<Storage> Storage::pinned(size_t bytes) {
  auto buffer = std::make_unique<cuda::PinnedBuffer>(bytes);
  std::shared_ptr<Storage> storage(new Storage(buffer->data<void>(), bytes, Device{}));
  storage->pinned_ = std::move(buffer);
  return storage;
}

Storage::Storage(void* data, size_t bytes, Device device)
    : data_(data), bytes_(bytes), device_(device) {}

Storage::~Storage() {
  if (!pinned_) device_free(data_, bytes_, device_);
}

}  // namespace medley
