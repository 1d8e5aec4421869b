// Hard negatives: a block has a row. The exponentials are shared out among its threads, the sums
// are made by one of them in the order of the CPU, so that both draw the same column.
#include <cfloat>
#include <cmath>

#include "core/philox.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/launch.h"
#include "kernels/sampling.h"

namespace medley::kernels::cuda {
namespace {

constexpr int kThreads = 128;

// The first number of Random(seed, Purpose::negatives, step, 2 b + direction), in [0, 1).
MEDLEY_DEVICE double first_uniform(const SampleNegatives<float>& a, int64_t b) {
  const uint64_t step = a.step != nullptr ? *a.step : 0;
  const uint32_t sample = static_cast<uint32_t>(2 * b) + a.direction;
  return philox4x32(stream_counter(Purpose::negatives, step, sample), stream_key(a.seed))[0] *
         0x1p-32;
}

MEDLEY_DEVICE double sum_in_order(const double* x, int64_t n) {
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) sum += x[j];
  return sum;
}

MEDLEY_DEVICE int64_t draw(const SampleNegatives<float>& a, int64_t b, const double* weight) {
  const double total = sum_in_order(weight, a.batch);
  double left = first_uniform(a, b) * total;
  int64_t drawn = (b + 1) % a.batch;
  for (int64_t j = 0; j < a.batch && total > 0; ++j) {
    if (weight[j] == 0) continue;
    drawn = j;
    if (left < weight[j]) break;
    left -= weight[j];
  }
  return drawn;
}

// registers: 48
__global__ void __launch_bounds__(kThreads)
    sample_negatives_kernel(const SampleNegatives<float> a) {
  MEDLEY_SHARED(memory);
  double* const weight = reinterpret_cast<double*>(memory);  // [B]
  double* const sum = weight + a.batch;                      // [1]
  float* const partial = reinterpret_cast<float*>(sum + 1);  // [warps]
  const int64_t b = blockIdx.x;
  const float* const sim = a.sim + b * a.ld;
  const double scale = a.temp != nullptr ? 1 / static_cast<double>(*a.temp) : 1;
  float largest = -FLT_MAX;
  for (int64_t j = threadIdx.x; j < a.batch; j += kThreads) largest = fmaxf(largest, sim[j]);
  largest = device::block_max(largest, partial);
  for (int64_t j = threadIdx.x; j < a.batch; j += kThreads)
    weight[j] = std::exp(scale * (static_cast<double>(sim[j]) - static_cast<double>(largest)));
  __syncthreads();
  if (threadIdx.x == 0) *sum = sum_in_order(weight, a.batch);
  __syncthreads();
  for (int64_t j = threadIdx.x; j < a.batch; j += kThreads) {
    const bool positive = a.caption != nullptr ? a.caption[j] == a.caption[b] : j == b;
    weight[j] = positive ? 0 : weight[j] / *sum + a.floor;
  }
  __syncthreads();
  if (threadIdx.x == 0) a.index[b] = static_cast<int32_t>(draw(a, b, weight));
}

}  // namespace

void sample_negatives(const SampleNegatives<float>& args, Stream stream) {
  const dim3 blocks = blocks_for("sample_negatives", args.batch);
  check_buffers(
      "sample_negatives",
      {input("sim", args.sim, args.batch, args.batch, args.ld),
       optional_input("caption", args.caption, args.batch), optional_input("temp", args.temp, 1),
       optional_input("step", args.step, 1), output("index", args.index, args.batch)});
  launch(sample_negatives_kernel,
         {.kernel = "sample_negatives",
          .grid = blocks,
          .block = dim3(kThreads),
          .shared =
              static_cast<size_t>(args.batch + 1) * sizeof(double) + kThreads / 32 * sizeof(float)},
         stream, args);
}

}  // namespace medley::kernels::cuda
