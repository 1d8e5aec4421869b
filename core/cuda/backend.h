// What core/cuda needs from a platform: implemented by none.cpp, runtime.cpp (CUDA's own runtime)
// and emulated.cpp, one of which is in a build. Handles are opaque. Errors are DeviceError.
#pragma once

#include <cstddef>
#include <string>

#include "core/cuda/device.h"
#include "core/cuda/memory.h"
#include "core/device.h"

namespace medley::cuda::backend {

int device_count();
std::string absence();
DeviceInfo describe(int index);
void make_current(int index);  // for the calling thread
int current_device();

// Null when there is not enough; free never fails. 256-byte aligned.
void* allocate(size_t bytes, int index);
void free(void* data, size_t bytes, int index) noexcept;
void* allocate_pinned(size_t bytes);
void free_pinned(void* data) noexcept;

enum class Direction { to_device, to_host, on_device };
void copy(void* to, const void* from, size_t bytes, Direction direction, Stream stream);
void copy_rows(void* to, const void* from, const Rows& how, Stream stream);
void fill_rows(void* to, int byte, const Rows& how, Stream stream);

Stream make_stream();  // on the current device
void synchronize(Stream stream);
bool is_capturing(Stream stream);

void* make_event();
void destroy_event(void* event) noexcept;
void record_event(void* event, Stream stream);
void hold(Stream stream, void* event);
void synchronize_event(void* event);
double milliseconds(void* begin, void* end);

void begin_capture(Stream stream);
void* end_capture(Stream stream);              // the recording
void abandon_capture(Stream stream) noexcept;  // drops it
void launch(void* recording, Stream stream);
void destroy_recording(void* recording) noexcept;

}  // namespace medley::cuda::backend
