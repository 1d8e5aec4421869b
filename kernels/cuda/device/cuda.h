// What makes one source both CUDA and C++ for the emulator. Kernels (.cu) and the primitives beside
// this file include it; nothing else tells the two apart.
//   __global__ void __launch_bounds__(128) scale_kernel(float* x, int64_t n) {
//     MEDLEY_SHARED(memory);                    // the launch's dynamic shared memory
//     float* const tile = reinterpret_cast<float*>(memory);
// Static __shared__ variables are not used: the emulator could not give each block its own.
#pragma once

#if defined(__CUDACC__)
#include <cuda_runtime.h>
#define MEDLEY_DEVICE __device__ __forceinline__
#define MEDLEY_UNROLL _Pragma("unroll")
#define MEDLEY_NO_UNROLL _Pragma("unroll 1")
// Primitives of newer architectures are empty for older ones, where no kernel that needs them is
// launched.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
#define MEDLEY_PTX_SM90
#endif
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define MEDLEY_PTX_SM90A
#endif
// 1024: what 128-byte swizzled TMA tiles need.
#define MEDLEY_SHARED(name) extern __shared__ __align__(1024) unsigned char name[]
#else
#include "kernels/cuda/emulator/kernel.h"
#define MEDLEY_DEVICE inline __attribute__((always_inline))
#define MEDLEY_UNROLL
#define MEDLEY_NO_UNROLL
#define MEDLEY_SHARED(name) \
  unsigned char* const name = ::medley::kernels::cuda::emulator::shared_memory()
#endif
