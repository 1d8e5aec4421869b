// Memory of the current device for the length of one call, from the caching allocator. It may go
// back as soon as the kernels that use it are queued: whoever gets it next comes later on the same
// stream.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/allocator.h"
#include "core/cuda/device.h"

namespace medley::kernels::cuda {

template <class T>
class Scratch {
 public:
  explicit Scratch(int64_t count)
      : bytes_(static_cast<size_t>(std::max<int64_t>(count, 0)) * sizeof(T)) {
    if (bytes_ != 0) data_ = static_cast<T*>(device_allocate(bytes_, device_));
  }
  ~Scratch() {
    if (data_ != nullptr) device_free(data_, bytes_, device_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* data() const { return data_; }

 private:
  Device device_ = medley::cuda::current_device();
  size_t bytes_;
  T* data_ = nullptr;
};

}  // namespace medley::kernels::cuda
