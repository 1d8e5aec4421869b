// Storage owns one block of the caching allocator.
#include "core/storage.h"

#include "core/allocator.h"

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

Storage::~Storage() { device_free(data_, bytes_, device_); }

}  // namespace medley
