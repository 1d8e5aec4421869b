// How a primitive becomes a kernel: a function of one thread block, which reads words and writes
// words. Lane t of a warp reads in[t], in[t + 32] ... and writes out[t], out[t + 32] ...; what
// needs a warpgroup or several warps has 128 threads and more, likewise.
#pragma once

#include "kernels/cuda/launch.h"
#include "tests/golden/primitives.h"

namespace medley::golden {

MEDLEY_DEVICE int thread() { return static_cast<int>(threadIdx.x); }
MEDLEY_DEVICE float float_at(const uint32_t* in, int i) { return __uint_as_float(in[i]); }

template <int N>
MEDLEY_DEVICE void read(const uint32_t* in, int first, uint32_t (&words)[N]) {
  for (int i = 0; i < N; ++i) words[i] = in[(first + i) * 32 + thread()];
}

// Of a program with code for several architectures the driver chooses one. A body that is empty
// there must not be taken for a result.
MEDLEY_DEVICE void mark_code(uint32_t* code) {
#if defined(MEDLEY_PTX_SM90A) || defined(MEDLEY_CUDA_EMULATED)
  constexpr Code kThis = Code::sm_90a;
#elif defined(MEDLEY_PTX_SM90)
  constexpr Code kThis = Code::sm_90;
#else
  constexpr Code kThis = Code::sm_80;
#endif
  if (thread() == 0) *code = static_cast<uint32_t>(kThis);
}

using Body = void (*)(const uint32_t* in, uint32_t* out);

// One block at a time, as setmaxnreg wants it (kernels/cuda/device/proxy.h).
// registers: 168
template <Body body, int kThreads>
__global__ void __launch_bounds__(kThreads, 1)
    body_kernel(const uint32_t* in, uint32_t* out, uint32_t* code) {
  mark_code(code);
  body(in, out);
}

template <Body body, int kThreads, size_t kShared = 0>
void run(const uint32_t* in, uint32_t* out, uint32_t* code, Stream stream) {
  kernels::cuda::launch(body_kernel<body, kThreads>, {"golden", 1, kThreads, kShared}, stream, in,
                        out, code);
}

}  // namespace medley::golden
