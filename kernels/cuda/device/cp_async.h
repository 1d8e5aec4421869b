// Copies of 16 bytes from global to shared memory that go around registers (PTX ISA, cp.async). A
// thread's copies since the last commit are a group; groups land in order.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/line.h"

namespace medley::kernels::cuda::device {

// Not valid: 16 zero bytes are written and `global` is not read. It must still be an address inside
// some allocation: use the start of the tensor.
MEDLEY_DEVICE void cp_async16(void* shared, const void* global, bool valid,
                              [[maybe_unused]] Line line = Line::here()) {
#if defined(__CUDACC__)
  const auto to = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(bytes)
               : "memory");
#else
  emulator::cp_async(shared, global, 16, valid, line);
#endif
}

MEDLEY_DEVICE void cp_async_commit() {
#if defined(__CUDACC__)
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  emulator::cp_async_commit();
#endif
}

// Until at most N of this thread's groups are under way. Others' need a barrier after it.
template <int N>
MEDLEY_DEVICE void cp_async_wait() {
#if defined(__CUDACC__)
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
#else
  emulator::cp_async_wait(N);
#endif
}

}  // namespace medley::kernels::cuda::device
