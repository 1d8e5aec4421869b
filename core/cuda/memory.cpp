// Checks in front of the backend's copies.
#include "core/cuda/memory.h"

#include "core/cuda/backend.h"
#include "core/cuda/fault.h"
#include "core/cuda/stream.h"
#include "core/error.h"
#include "core/str.h"

namespace medley::cuda {
namespace {

using backend::Direction;

void refuse_capture(Stream stream, const char* what, const char* way_out) {
  if (!is_capturing(stream)) return;
  throw DeviceError(str("[cuda] ", what, " while a graph is captured"), way_out);
}

void check_rows(const Rows& how, size_t nearest) {
  if (how.rows <= 1 || nearest >= how.width) return;
  throw ValueError(str("[cuda] rows of ", how.width, " bytes overlap at a distance of ", nearest));
}

void check_fits(size_t bytes, size_t buffer) {
  if (bytes <= buffer) return;
  throw ValueError(
      str("[cuda] a copy of ", bytes, " bytes does not fit a pinned buffer of ", buffer));
}

}  // namespace

void copy_to_device(void* to, const void* from, size_t bytes, Stream stream) {
  refuse_capture(stream, "ordinary host memory was copied to the device",
                 "copy before the capture, or from a PinnedBuffer that lives as long as the graph");
  if (bytes > 0) backend::copy(to, from, bytes, Direction::to_device, stream);
}

void copy_to_host(void* to, const void* from, size_t bytes, Stream stream) {
  refuse_capture(stream, "device memory was read by the host",
                 "a captured step may not read values: read them after Graph::launch()");
  if (bytes > 0) backend::copy(to, from, bytes, Direction::to_host, stream);
  backend::synchronize(stream);
  check_faults();
}

void copy_on_device(void* to, const void* from, size_t bytes, Stream stream) {
  if (bytes > 0) backend::copy(to, from, bytes, Direction::on_device, stream);
}

void copy_rows(void* to, const void* from, const Rows& how, Stream stream) {
  check_rows(how, how.to_stride);
  check_rows(how, how.from_stride);
  if (how.width > 0 && how.rows > 0) backend::copy_rows(to, from, how, stream);
}

void fill_bytes(void* to, int byte, size_t bytes, Stream stream) {
  fill_rows(to, byte, {.width = bytes, .rows = 1, .to_stride = bytes}, stream);
}

void fill_rows(void* to, int byte, const Rows& how, Stream stream) {
  check_rows(how, how.to_stride);
  if (how.width > 0 && how.rows > 0) backend::fill_rows(to, byte, how, stream);
}

PinnedBuffer::PinnedBuffer(size_t bytes) : data_(backend::allocate_pinned(bytes)), bytes_(bytes) {}

PinnedBuffer::~PinnedBuffer() { backend::free_pinned(data_); }

void PinnedBuffer::copy_to_device(void* to, size_t bytes, Stream stream) const {
  check_fits(bytes, bytes_);
  if (bytes > 0) backend::copy(to, data_, bytes, Direction::to_device, stream);
}

void PinnedBuffer::copy_from_device(const void* from, size_t bytes, Stream stream) {
  check_fits(bytes, bytes_);
  if (bytes > 0) backend::copy(data_, from, bytes, Direction::to_host, stream);
}

}  // namespace medley::cuda
