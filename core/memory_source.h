// Where the caching allocator's blocks come from: the operating system for the CPU, the CUDA
// backend for a GPU.
#pragma once

#include <cstddef>

#include "core/device.h"

namespace medley {

// At least 64-byte aligned; null when there is not enough.
void* source_allocate(size_t bytes, Device device);
void source_free(void* data, size_t bytes, Device device) noexcept;
// Whether host code that reaches these blocks is subject to AddressSanitizer.
bool is_host_memory(Device device);

}  // namespace medley
