// Sum of squares in the order of the contract: the threads of a chunk are its interleaved sums.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/scratch.h"
#include "kernels/norm.h"

namespace medley::kernels::cuda {
namespace {

struct Chunk {
  double sum;
  int64_t nonfinite;

  MEDLEY_DEVICE void add(float x) {
    if (std::isfinite(x))
      sum += static_cast<double>(x) * static_cast<double>(x);
    else
      ++nonfinite;
  }
};

constexpr int kThreads = 256;
constexpr int kLanes = static_cast<int>(kNormLanes), kChunks = kThreads / kLanes;  // of a block

MEDLEY_DEVICE Chunk sum_of_chunk(const SquaredNorm<float>& a, int64_t chunk) {
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const float* const x = a.x + chunk * kNormChunk;
  const int64_t n = min(kNormChunk, a.n - chunk * kNormChunk);  // not above 0 behind the end
  const int64_t whole = n / kLanes * kLanes;
  Chunk mine{};
  for (int64_t i = lane; i < whole; i += kLanes) mine.add(x[i]);
  if (lane == 0)
    for (int64_t i = whole; i < n; ++i) mine.add(x[i]);
  const int first = static_cast<int>(threadIdx.x % 32) - lane;
  Chunk all{};
  for (int j = 0; j < kLanes; ++j) {
    all.sum += device::shuffle(mine.sum, first + j);
    all.nonfinite += device::shuffle(mine.nonfinite, first + j);
  }
  return all;
}

// Each thread adds groups of chunks, the first adds the groups.
MEDLEY_DEVICE void add_chunks(const SquaredNorm<float>& a, const Chunk* chunks, int64_t count,
                              int64_t groups, Chunk* group) {
  for (int64_t g = threadIdx.x; g < groups; g += kThreads) {
    const int64_t end = min((g + 1) * kNormGroup, count);
    Chunk sum{};
    for (int64_t c = g * kNormGroup; c < end; ++c) {
      sum.sum += chunks[c].sum;
      sum.nonfinite += chunks[c].nonfinite;
    }
    group[g] = sum;
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  Chunk total{};
  for (int64_t g = 0; g < groups; ++g) {
    total.sum += group[g].sum;
    total.nonfinite += group[g].nonfinite;
  }
  *a.sum = total.sum;
  *a.nonfinite = total.nonfinite;
}

// Thread blocks of this launch that have written their chunks. Launches follow one another on one
// stream; each leaves 0 behind.
__device__ unsigned finished = 0;

// The thread block that is last to finish adds all chunks, in an order that does not depend on
// which one that is.
// registers: 46
__global__ void __launch_bounds__(kThreads)
    norm_kernel(const SquaredNorm<float> a, Chunk* chunks, int64_t count, int64_t groups) {
  MEDLEY_SHARED(memory);
  bool& is_last = *reinterpret_cast<bool*>(memory);
  Chunk* const group = reinterpret_cast<Chunk*>(memory) + 1;  // [groups]
  const int64_t chunk = static_cast<int64_t>(blockIdx.x) * kChunks + threadIdx.x / kLanes;
  const Chunk sum = sum_of_chunk(a, chunk);
  if (threadIdx.x % kLanes == 0 && chunk < count) chunks[chunk] = sum;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) is_last = atomicAdd(&finished, 1u) == gridDim.x - 1;
  __syncthreads();
  if (!is_last) return;
  __threadfence();
  add_chunks(a, chunks, count, groups, group);
  if (threadIdx.x == 0) atomicExch(&finished, 0u);
}

}  // namespace

void squared_norm(const SquaredNorm<float>& args, Stream stream) {
  check_sizes("squared_norm", {{"n", args.n, 0, std::numeric_limits<int64_t>::max()}});
  const int64_t count = args.n / kNormChunk + (args.n % kNormChunk != 0);
  const int64_t groups = (count + kNormGroup - 1) / kNormGroup;
  const dim3 blocks = blocks_for("squared_norm", std::max<int64_t>(count, 1), kChunks);
  check_buffers("squared_norm", {input("x", args.x, args.n), output("sum", args.sum, 1),
                                 output("nonfinite", args.nonfinite, 1)});
  const Scratch<Chunk> chunks(count);
  launch(norm_kernel,
         {.kernel = "squared_norm",
          .grid = blocks,
          .block = dim3(kThreads),
          .shared = static_cast<size_t>(groups + 1) * sizeof(Chunk)},
         stream, args, chunks.data(), count, groups);
}

}  // namespace medley::kernels::cuda
