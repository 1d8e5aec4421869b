// Copies and fills on CUDA devices. Everything is queued on a stream; the functions that touch host
// memory say when the host may go on. Memory itself comes from core/allocator.h.
#pragma once

#include <cstddef>

#include "core/device.h"

namespace medley::cuda {

// From ordinary host memory, which may change when the call returns; from pinned memory the copy
// goes on. Not while a graph is captured.
void copy_to_device(void* to, const void* from, size_t bytes, Stream stream);
// Waits for the stream, then check_faults(). Not while a graph is captured.
void copy_to_host(void* to, const void* from, size_t bytes, Stream stream);
void copy_on_device(void* to, const void* from, size_t bytes, Stream stream);

// `rows` runs of `width` bytes each, at these distances.
struct Rows {
  size_t width = 0, rows = 0;
  size_t to_stride = 0, from_stride = 0;  // bytes, >= width
};
void copy_rows(void* to, const void* from, const Rows& how, Stream stream);
void fill_bytes(void* to, int byte, size_t bytes, Stream stream);
void fill_rows(void* to, int byte, const Rows& how, Stream stream);  // from_stride is not read

// Host memory that a device reads and writes while the host goes on. Record an Event behind a copy
// and wait for it before the buffer is touched again.
class PinnedBuffer {
 public:
  explicit PinnedBuffer(size_t bytes);
  ~PinnedBuffer();
  PinnedBuffer(const PinnedBuffer&) = delete;
  PinnedBuffer& operator=(const PinnedBuffer&) = delete;

  template <class T>
  T* data() {
    return static_cast<T*>(data_);
  }
  size_t bytes() const { return bytes_; }

  // Both return at once. A captured graph reads or writes the buffer anew at each launch.
  void copy_to_device(void* to, size_t bytes, Stream stream) const;
  void copy_from_device(const void* from, size_t bytes, Stream stream);

 private:
  void* data_;
  size_t bytes_;
};

}  // namespace medley::cuda
