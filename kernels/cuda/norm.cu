// Sum of squares in the order of the contract: the threads of a chunk are its interleaved sums.
#include <cmath>

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

// registers: 40
__global__ void __launch_bounds__(kThreads)
    norm_chunks_kernel(const SquaredNorm<float> a, Chunk* chunks, int64_t count) {
  const int64_t chunk = static_cast<int64_t>(blockIdx.x) * kChunks + threadIdx.x / kLanes;
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
  if (lane == 0 && chunk < count) chunks[chunk] = all;
}

// One block: each thread adds groups of chunks, the first adds the groups.
// registers: 32
__global__ void __launch_bounds__(kThreads)
    norm_groups_kernel(const SquaredNorm<float> a, const Chunk* chunks, int64_t count,
                       int64_t groups) {
  MEDLEY_SHARED(memory);
  Chunk* const group = reinterpret_cast<Chunk*>(memory);  // [groups]
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

}  // namespace

void squared_norm(const SquaredNorm<float>& args, Stream stream) {
  const int64_t count = (args.n + kNormChunk - 1) / kNormChunk;
  const int64_t groups = (count + kNormGroup - 1) / kNormGroup;
  const dim3 blocks = blocks_for("norm_chunks", count, kChunks);
  check_buffers("squared_norm", {input("x", args.x, args.n), output("sum", args.sum, 1),
                                 output("nonfinite", args.nonfinite, 1)});
  const Scratch<Chunk> chunks(count);
  launch(norm_chunks_kernel, {.kernel = "norm_chunks", .grid = blocks, .block = dim3(kThreads)},
         stream, args, chunks.data(), count);
  launch(norm_groups_kernel,
         {.kernel = "norm_groups",
          .grid = dim3(1),
          .block = dim3(kThreads),
          .shared = static_cast<size_t>(groups) * sizeof(Chunk)},
         stream, args, chunks.data(), count, groups);
}

}  // namespace medley::kernels::cuda
