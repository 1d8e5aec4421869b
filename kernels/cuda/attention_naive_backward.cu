// Attention backward as one would first write it for a GPU, in two kernels: a warp for each query
// row makes dq, a warp for each key makes dk and dv. Both make all scores again, no shared memory,
// no tensor cores. For any head dim up to 256, any stride, f32 and bf16.
#include <cmath>

#include "kernels/cuda/attention_backward.h"
#include "kernels/cuda/attention_launch.h"
#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {
namespace {

constexpr int kWarps = 8, kLanes = 32;
constexpr int kColumns = kLargestHeadDim / kLanes;  // of a lane: lane, lane + 32, ..

template <class T>
MEDLEY_DEVICE float dot(const T* x, const T* y, int n) {
  float sum = 0;
  for (int d = 0; d < n; ++d) sum += device::to_float(x[d]) * device::to_float(y[d]);
  return sum;
}

// sums += factor x, each lane its columns.
template <class T>
MEDLEY_DEVICE void add(float (&sums)[kColumns], float factor, const T* x, int n, int lane) {
#pragma unroll
  for (int j = 0; j < kColumns; ++j)
    if (lane + j * kLanes < n) sums[j] += factor * device::to_float(x[lane + j * kLanes]);
}
template <class T>
MEDLEY_DEVICE void store(T* out, float factor, const float (&sums)[kColumns], int n, int lane) {
#pragma unroll
  for (int j = 0; j < kColumns; ++j)
    if (lane + j * kLanes < n) out[lane + j * kLanes] = device::from_float<T>(factor * sums[j]);
}

// One element of the scores of a (block, head): its probability after dropout, and
// ds = p (dp - delta). Both 0 where row and key do not see each other or are not there.
struct Element {
  float kept = 0, ds = 0;

  template <class T>
  MEDLEY_DEVICE Element(const AttentionBackward<T>& args, const AttentionBlock& block,
                        uint32_t pair, int head, int row, int key) {
    const AttentionShape<T>& shape = args.shape;
    if (row >= block.lq || key >= block.visible(row, shape.causal)) return;
    // Drawn first, while little else is in registers.
    const DropoutKey drop = shape.dropout;  // a copy, or the kernel spills
    const bool keeps = !drop.active() || dropout_keeps(drop, pair, static_cast<uint32_t>(row),
                                                       static_cast<uint32_t>(key));
    const float factor = !shape.dropout.active() ? 1 : keeps ? shape.dropout.scale() : 0;
    const int64_t q = block.q0 + row, k = block.k0 + key;
    const int D = static_cast<int>(shape.head_dim), at = head * D;
    const T* const d_o = args.d_o + q * args.o_stride + at;
    const float score = dot(args.q + q * args.q_stride + at, args.k + k * args.k_stride + at, D);
    const float dp = dot(d_o, args.v + k * args.v_stride + at, D);
    const float delta = dot(d_o, args.o + q * args.o_stride + at, D);
    const float p = expf(score * shape.scale - args.lse[head * shape.q_rows + q]);
    kept = p * factor;
    ds = p * (dp * factor - delta);
  }
};

// blockIdx.x: block * heads + head, blockIdx.y: rows in groups of kWarps, in more than one pass
// where there are more. One key a lane.
// registers: 80
template <class T>
__global__ void __launch_bounds__(kWarps* kLanes)
    attention_naive_dq_kernel(const AttentionBackward<T> args, const AttentionFaults faults) {
  const AttentionShape<T>& shape = args.shape;
  const auto heads = static_cast<uint32_t>(shape.heads);
  const AttentionBlock block = attention_block(shape, blockIdx.x / heads, faults);
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const int head = static_cast<int>(blockIdx.x % heads), D = static_cast<int>(shape.head_dim);
  const T* const k = args.k + block.k0 * args.k_stride + head * D;

  for (int row = static_cast<int>(blockIdx.y * kWarps + threadIdx.x / kLanes); row < block.lq;
       row += static_cast<int>(gridDim.y) * kWarps) {
    const int visible = block.visible(row, shape.causal);
    float dq[kColumns] = {};
    for (int first = 0; first < visible; first += kLanes) {
      const Element element(args, block, blockIdx.x, head, row, first + lane);
      for (int i = 0; i < kLanes && first + i < visible; ++i)
        add(dq, device::shuffle(element.ds, i), k + (first + i) * args.k_stride, D, lane);
    }
    store(args.dq + (block.q0 + row) * args.dq_stride + head * D, shape.scale, dq, D, lane);
  }
}

// blockIdx.x: key block * heads + head, blockIdx.y: keys in groups of kWarps. One query row a lane,
// over all query blocks that attend to the key block, in order.
// registers: 98
template <class T>
__global__ void __launch_bounds__(kWarps* kLanes)
    attention_naive_dkv_kernel(const AttentionBackward<T> args, const AttentionFaults faults) {
  const AttentionShape<T>& shape = args.shape;
  const auto heads = static_cast<uint32_t>(shape.heads);
  const int64_t j = blockIdx.x / heads;
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const int head = static_cast<int>(blockIdx.x % heads), D = static_cast<int>(shape.head_dim);
  const AttentionRows keys =
      attention_rows(shape.cu_k, j, shape.kv_blocks, shape.k_rows, faults.cu_k);

  for (int key = static_cast<int>(blockIdx.y * kWarps + threadIdx.x / kLanes); key < keys.count;
       key += static_cast<int>(gridDim.y) * kWarps) {
    float dk[kColumns] = {}, dv[kColumns] = {};
    for (int64_t i = 0; i < shape.blocks; ++i) {
      if ((shape.kv_index == nullptr ? i : shape.kv_index[i]) != j) continue;
      const AttentionBlock block = attention_block(shape, i, faults);
      const auto pair = static_cast<uint32_t>(i) * heads + static_cast<uint32_t>(head);
      const T* const q = args.q + block.q0 * args.q_stride + head * D;
      const T* const d_o = args.d_o + block.q0 * args.o_stride + head * D;
      for (int first = 0; first < block.lq; first += kLanes) {
        const Element element(args, block, pair, head, first + lane, key);
        for (int r = 0; r < kLanes && first + r < block.lq; ++r) {
          add(dk, device::shuffle(element.ds, r), q + (first + r) * args.q_stride, D, lane);
          add(dv, device::shuffle(element.kept, r), d_o + (first + r) * args.o_stride, D, lane);
        }
      }
    }
    const int64_t at = keys.first + key;
    store(args.dk + at * args.dk_stride + head * D, shape.scale, dk, D, lane);
    store(args.dv + at * args.dv_stride + head * D, 1, dv, D, lane);
  }
}

dim3 grid_for(int64_t pairs, int64_t longest) {
  dim3 grid = grid_of("attention_backward", pairs);
  grid.y = static_cast<uint32_t>(std::min<int64_t>(divide_up(longest, kWarps), 65535));
  return grid;
}

}  // namespace

template <class T>
void attention_backward_naive(const AttentionBackward<T>& args, const AttentionFaults& faults,
                              Stream stream) {
  const AttentionShape<T>& shape = args.shape;
  launch(attention_naive_dq_kernel<T>,
         {.kernel = "attention_naive_dq",
          .grid = grid_for(shape.blocks * shape.heads, longest_q(shape)),
          .block = dim3(kWarps * kLanes)},
         stream, args, faults);
  launch(attention_naive_dkv_kernel<T>,
         {.kernel = "attention_naive_dkv",
          .grid = grid_for(shape.kv_blocks * shape.heads, longest_k(shape)),
          .block = dim3(kWarps * kLanes)},
         stream, args, faults);
}
template void attention_backward_naive(const AttentionBackward<float>&, const AttentionFaults&,
                                       Stream);
template void attention_backward_naive(const AttentionBackward<bf16>&, const AttentionFaults&,
                                       Stream);

}  // namespace medley::kernels::cuda
