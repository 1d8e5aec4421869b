#include "kernels/cuda/cudnn/packing.h"
#include "kernels/cuda/device/cuda.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda::cudnn {
namespace {

constexpr int kThreads = 128;

// registers: 24
__global__ void __launch_bounds__(kThreads) packing_kernel(const Packing p) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i == 0 && p.random != nullptr) {
    p.random[0] = static_cast<int64_t>(p.dropout.seed);
    p.random[1] = int64_t{p.dropout.now()} << 32 | p.dropout.site;
  }
  if (p.offsets == nullptr || i > p.blocks) return;
  if (i < p.blocks) {
    p.q_lengths[i] = p.cu_q[i + 1] - p.cu_q[i];
    p.k_lengths[i] = p.cu_k[i + 1] - p.cu_k[i];
  }
#pragma unroll
  for (int t = 0; t < kOffsetTables; ++t) {
    const bool of_keys = t == kK || t == kV || t == kDk || t == kDv;
    p.offsets[t * (p.blocks + 1) + i] =
        static_cast<int32_t>((of_keys ? p.cu_k : p.cu_q)[i] * p.strides[t]);
  }
}

}  // namespace

void write_packing(const Packing& packing, Stream stream) {
  launch(packing_kernel,
         {.kernel = "packing",
          .grid = dim3(static_cast<unsigned>((packing.blocks + kThreads) / kThreads)),
          .block = dim3(kThreads)},
         stream, packing);
}

}  // namespace medley::kernels::cuda::cudnn
