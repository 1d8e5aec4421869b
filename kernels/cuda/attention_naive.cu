// Attention forward as one would first write it for a GPU: a warp for each query row and head, one
// key a lane, no shared memory, no tensor cores. Every row reads all of its keys and values again.
// For any head dim up to 256, any stride, f32 and bf16.
#include <cmath>

#include "kernels/cuda/attention_forward.h"
#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

constexpr int kWarps = 4, kLanes = 32;

// blockIdx.x: block * heads + head, blockIdx.y: rows in groups of kWarps, in more than one pass
// where there are more.
// registers: 64
template <class T>
__global__ void __launch_bounds__(kWarps* kLanes, 8)
    attention_naive_kernel(const AttentionForward<T> args, const AttentionFaults faults) {
  const AttentionShape<T>& shape = args.shape;
  const auto heads = static_cast<uint32_t>(shape.heads);
  const AttentionBlock block = attention_block(shape, blockIdx.x / heads, faults);
  const int lane = static_cast<int>(threadIdx.x) % kLanes,
            warp = static_cast<int>(threadIdx.x) / kLanes;
  const int head = static_cast<int>(blockIdx.x % heads), D = static_cast<int>(shape.head_dim);
  const T* const k = args.k + block.k0 * args.k_stride + head * D;
  const T* const v = args.v + block.k0 * args.v_stride + head * D;

  const int row_step = static_cast<int>(gridDim.y) * kWarps;
  for (int row = static_cast<int>(blockIdx.y) * kWarps + warp; row < block.lq; row += row_step) {
    const T* const q = args.q + (block.q0 + row) * args.q_stride + head * D;
    const int visible = block.visible(row, shape.causal);
    float largest = -INFINITY, sum = 0;
    float out[kLargestHeadDim / kLanes] = {};  // columns lane, lane + 32, ..
    for (int first = 0; first < visible; first += kLanes) {
      // The score of one key, with its largest so far and its sum (online softmax: Milakov and
      // Gimelshein 2018).
      const int key = first + lane;
      float score = -INFINITY;
      if (key < visible) {
        score = 0;
        for (int d = 0; d < D; ++d)
          score += device::to_float(q[d]) * device::to_float(k[key * args.k_stride + d]);
        score *= shape.scale;
      }
      const float previous = largest;
      largest = fmaxf(largest, device::warp_max(score));
      const float correction = expf(previous - largest);
      float p = expf(score - largest);
      sum = sum * correction + device::warp_sum(p);
      if (shape.dropout.active() &&
          !dropout_keeps(shape.dropout, blockIdx.x, static_cast<uint32_t>(row),
                         static_cast<uint32_t>(key)))
        p = 0;
      for (float& x : out) x *= correction;
      // Each key's probability to all lanes.
      for (int i = 0; i < kLanes && first + i < visible; ++i) {
        const float p_i = __shfl_sync(~0u, p, i);
        const T* const v_i = v + (first + i) * args.v_stride;
        for (int j = 0; j < kLargestHeadDim / kLanes; ++j)
          if (lane + j * kLanes < D) out[j] += p_i * device::to_float(v_i[lane + j * kLanes]);
      }
    }
    const float kept = shape.dropout.active() ? shape.dropout.scale() : 1.0f;
    const float inverse = sum == 0 ? 0 : kept / sum;
    T* const o = args.o + (block.q0 + row) * args.o_stride + head * D;
    for (int j = 0; j < kLargestHeadDim / kLanes; ++j)
      if (lane + j * kLanes < D) o[lane + j * kLanes] = device::from_float<T>(out[j] * inverse);
    if (args.lse != nullptr && lane == 0)
      args.lse[head * shape.q_rows + block.q0 + row] = sum == 0 ? -INFINITY : largest + logf(sum);
  }
}

}  // namespace

template <class T>
void attention_naive(const AttentionForward<T>& args, const AttentionFaults& faults,
                     Stream stream) {
  dim3 grid = grid_of("attention_forward", args.shape.blocks * args.shape.heads);
  grid.y =
      static_cast<uint32_t>(std::min<int64_t>(divide_up(longest_q(args.shape), kWarps), 65535));
  launch(attention_naive_kernel<T>,
         {.kernel = "attention_naive", .grid = grid, .block = dim3(kWarps * kLanes)}, stream, args,
         faults);
}
template void attention_naive(const AttentionForward<float>&, const AttentionFaults&, Stream);
template void attention_naive(const AttentionForward<bf16>&, const AttentionFaults&, Stream);

}  // namespace medley::kernels::cuda
