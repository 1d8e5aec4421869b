// Working memory of the CPU kernels: a few growing buffers a thread, so that the steady state
// allocates nothing.
#pragma once

#include <cstdint>

namespace medley::kernels::cpu {

// Buffers that can be in use at once: a kernel that calls gemm must not stage its data where gemm
// packs.
enum class Scratch { packed, strips, partials, staging };

// At least `count` floats, 64-byte aligned, contents undefined; valid until the next call for it on
// this thread.
float* scratch(Scratch use, int64_t count);

}  // namespace medley::kernels::cpu
