// What warp-specialised kernels of sm_90 need besides barriers and copies.
#pragma once

#include "kernels/cuda/device/cuda.h"

namespace medley::kernels::cuda::device {

// Orders the thread's ordinary writes to shared memory before reads of it by wgmma and TMA, which
// go another way to memory. (The emulator has one way only: a missing fence is not found there.)
MEDLEY_DEVICE void fence_proxy_async() {
#if defined(MEDLEY_PTX_SM90)
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

// Moves registers between the warpgroups of a block: all warps of one warpgroup call it. sm_90a.
// The kernel has __launch_bounds__(threads, 1): without the 1, ptxas does not know how many
// registers it starts with and ignores both.
template <int N>
MEDLEY_DEVICE void raise_registers() {
  static_assert(N >= 24 && N <= 256 && N % 8 == 0);
#if defined(MEDLEY_PTX_SM90A)
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(N));
#endif
}
template <int N>
MEDLEY_DEVICE void lower_registers() {
  static_assert(N >= 24 && N <= 256 && N % 8 == 0);
#if defined(MEDLEY_PTX_SM90A)
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(N));
#endif
}

}  // namespace medley::kernels::cuda::device
