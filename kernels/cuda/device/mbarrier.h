// mbarrier objects in shared memory, sm_90: threads and asynchronous copies arrive, threads wait
// for the end of a phase (PTX ISA, mbarrier). One is 8 bytes at a multiple of 8.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/line.h"

namespace medley::kernels::cuda::device {

// By one thread; the others use it after fence_mbarrier_init by the same thread and a barrier.
MEDLEY_DEVICE void mbarrier_init(uint64_t* barrier, uint32_t arrivals,
                                 [[maybe_unused]] Line line = Line::here()) {
#if defined(MEDLEY_PTX_SM90)
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(
                   static_cast<uint32_t>(__cvta_generic_to_shared(barrier))),
               "r"(arrivals)
               : "memory");
#elif !defined(__CUDACC__)
  emulator::mbarrier_init(barrier, arrivals, line);
#endif
}

// Makes the inits visible to asynchronous copies.
MEDLEY_DEVICE void fence_mbarrier_init() {
#if defined(MEDLEY_PTX_SM90)
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
}

MEDLEY_DEVICE void mbarrier_arrive(uint64_t* barrier, [[maybe_unused]] Line line = Line::here()) {
#if defined(MEDLEY_PTX_SM90)
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(
                   static_cast<uint32_t>(__cvta_generic_to_shared(barrier)))
               : "memory");
#elif !defined(__CUDACC__)
  emulator::mbarrier_arrive(barrier, line);
#endif
}

// Announces the bytes that copies bring in this phase, and arrives. Before those copies are issued.
MEDLEY_DEVICE void mbarrier_arrive_expect(uint64_t* barrier, uint32_t bytes,
                                          [[maybe_unused]] Line line = Line::here()) {
#if defined(MEDLEY_PTX_SM90)
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(
                   static_cast<uint32_t>(__cvta_generic_to_shared(barrier))),
               "r"(bytes)
               : "memory");
#elif !defined(__CUDACC__)
  emulator::mbarrier_arrive_expect(barrier, bytes, line);
#endif
}

// Until the phase of this parity is over: phase n of a barrier has parity n % 2, and the one before
// the first counts as over, so that the first wait for an empty slot passes with parity 1.
MEDLEY_DEVICE void mbarrier_wait(uint64_t* barrier, uint32_t parity,
                                 [[maybe_unused]] Line line = Line::here()) {
#if defined(MEDLEY_PTX_SM90)
  asm volatile(
      "{\n"
      ".reg .pred done;\n"
      "wait_%=:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@!done bra wait_%=;\n"
      "}" ::"r"(static_cast<uint32_t>(__cvta_generic_to_shared(barrier))),
      "r"(parity)
      : "memory");
#elif !defined(__CUDACC__)
  emulator::mbarrier_wait(barrier, parity, line);
#endif
}

}  // namespace medley::kernels::cuda::device
