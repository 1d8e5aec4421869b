// Working memory of the CPU kernels: one growing buffer a thread, so that the steady state allocates nothing.
#pragma once

#include <cstdint>

namespace medley::kernels::cpu {

// At least `count` floats, 64-byte aligned, contents undefined; valid until the next call on this thread.
float* scratch(int64_t count);

}  // namespace medley::kernels::cpu
