// The contrastive loss, both directions in each launch: similarities (products in f32 tiles), then
// a block for each row (targets, its loss), then the gradients of the queries: dsim is never
// stored, but made again from sim, target and two numbers a row while it is multiplied. Keys are
// cut into parts, each a product of its own, and the parts are added in order.
#include <cmath>

#include "kernels/cuda/buffers.h"
#include "kernels/cuda/itc_tile.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/scratch.h"
#include "kernels/cuda/softmax_sums.h"
#include "kernels/itc.h"

namespace medley::kernels::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kPartKeys = 1024;

// Query rows against keys; direction 0: images against texts.
struct Direction {
  const float *query, *query_momentum, *keys, *queue;
  float *sim, *target, *dquery;
};
MEDLEY_DEVICE Direction direction(const Itc<float>& a, unsigned which) {
  if (which == 0)
    return {a.image,   a.image_momentum, a.text_momentum, a.text_queue,
            a.sim_i2t, a.target_i2t,     a.dimage};
  return {a.text,    a.text_momentum, a.image_momentum, a.image_queue,
          a.sim_t2i, a.target_t2i,    a.dtext};
}
// Element i of key k.
MEDLEY_DEVICE float key(const Itc<float>& a, const Direction& d, int64_t k, int64_t i) {
  return k < a.batch ? d.keys[k * a.n + i] : d.queue[(k - a.batch) * a.n + i];
}
MEDLEY_DEVICE bool is_positive(const Itc<float>& a, int64_t b, int64_t k) {
  if (a.caption == nullptr) return b == k;
  return a.caption[b] == (k < a.batch ? a.caption[k] : a.queue_caption[k - a.batch]);
}
MEDLEY_DEVICE float exponential(float x) { return device::exp2_approx(x * device::kLog2e); }

// sim, and the momentum's in the place of target. blockIdx: tile of keys, of rows; direction, and 2
// for the momentum.
// registers: 47
__global__ void __launch_bounds__(kTileThreads) itc_similarities_kernel(const Itc<float> a) {
  MEDLEY_SHARED(memory);
  const int64_t k0 = int64_t{blockIdx.x} * kTile, b0 = int64_t{blockIdx.y} * kTile;
  const int64_t keys = a.batch + a.queue;
  const Direction d = direction(a, blockIdx.z % 2);
  const float* const query = blockIdx.z < 2 ? d.query : d.query_momentum;
  float* const out = blockIdx.z < 2 ? d.sim : d.target;
  float sum[4][4] = {};
  multiply_tile<Fastest::depth>(
      reinterpret_cast<float*>(memory), 0, a.n,
      [&](int i, int64_t p) { return b0 + i < a.batch ? query[(b0 + i) * a.n + p] : 0.0f; },
      [&](int64_t p, int j) { return k0 + j < keys ? key(a, d, k0 + j, p) : 0.0f; }, sum);
  const float inverse = 1 / *a.temp;
  const int64_t b = b0 + threadIdx.x / 16 * 4, k = k0 + threadIdx.x % 16 * 4;
  MEDLEY_UNROLL
  for (int r = 0; r < 4; ++r) {
    MEDLEY_UNROLL
    for (int c = 0; c < 4; ++c)
      if (b + r < a.batch && k + c < keys) out[(b + r) * keys + k + c] = sum[r][c] * inverse;
  }
}

// A row's softmax, and its parts of loss and -temp dtemp.
struct RowResult {
  float largest, inverse_sum;
  float loss, dsim_sim;
};

// blockIdx: row, direction. results: [2, B].
// registers: 32
__global__ void __launch_bounds__(kThreads)
    itc_rows_kernel(const Itc<float> a, RowResult* results) {
  MEDLEY_SHARED(memory);
  float* const shared = reinterpret_cast<float*>(memory);  // [warps]
  const int64_t b = blockIdx.x, keys = a.batch + a.queue;
  const Direction d = direction(a, blockIdx.y);
  const float* const sim = d.sim + b * keys;
  float* const target = d.target + b * keys;

  SoftmaxSums sims, momentum;
  float positives = 0;
  for (int64_t k = threadIdx.x; k < keys; k += kThreads) {
    sims.add({sim[k]});
    momentum.add({target[k]});
    positives += is_positive(a, b, k) ? 1.0f : 0.0f;
  }
  sims.reduce(shared);
  momentum.reduce(shared);
  positives = device::block_sum(positives, shared);

  const float alpha = a.alpha != nullptr ? static_cast<float>(*a.alpha) : 0;
  const float soft = alpha / momentum.exps, hard = (1 - alpha) / positives;
  const float half = 0.5f / static_cast<float>(a.batch), inverse_sum = 1 / sims.exps;
  float expected = 0, dsim_sim = 0;
  for (int64_t k = threadIdx.x; k < keys; k += kThreads) {
    const float wanted =
        soft * exponential(target[k] - momentum.largest) + (is_positive(a, b, k) ? hard : 0.0f);
    target[k] = wanted;
    // A row of dsim sums to zero, so the largest sim may be taken off: less cancels.
    const float shifted = sim[k] - sims.largest;
    expected += wanted * shifted;
    dsim_sim += half * (exponential(shifted) * inverse_sum - wanted) * shifted;
  }
  expected = device::block_sum(expected, shared);
  dsim_sim = device::block_sum(dsim_sim, shared);
  if (threadIdx.x == 0)
    results[blockIdx.y * a.batch + b] = {sims.largest, inverse_sum,
                                         half * (logf(sims.exps) - expected), dsim_sim};
}

// loss and dtemp from the rows, in f64 and by one block.
// registers: 40
__global__ void __launch_bounds__(kThreads)
    itc_loss_kernel(const Itc<float> a, const RowResult* results) {
  MEDLEY_SHARED(memory);
  double* const shared = reinterpret_cast<double*>(memory);  // [warps]
  double loss = 0, dsim_sim = 0;
  for (int64_t r = threadIdx.x; r < 2 * a.batch; r += kThreads) {
    loss += static_cast<double>(results[r].loss);
    dsim_sim += static_cast<double>(results[r].dsim_sim);
  }
  loss = device::block_sum(loss, shared);
  dsim_sim = device::block_sum(dsim_sim, shared);
  if (threadIdx.x != 0) return;
  *a.loss = static_cast<float>(loss);
  if (a.dtemp != nullptr) *a.dtemp = static_cast<float>(-dsim_sim / static_cast<double>(*a.temp));
}

// dsim . keys of one part. blockIdx: tile of features, of rows; direction and part.
// registers: 48
__global__ void __launch_bounds__(kTileThreads)
    itc_gradients_kernel(const Itc<float> a, const RowResult* results, float* parts) {
  MEDLEY_SHARED(memory);
  const int64_t e0 = int64_t{blockIdx.x} * kTile, b0 = int64_t{blockIdx.y} * kTile;
  const int64_t keys = a.batch + a.queue, begin = blockIdx.z / 2 * kPartKeys;
  const Direction d = direction(a, blockIdx.z % 2);
  const float half = 0.5f / static_cast<float>(a.batch);
  const auto dsim = [&](int i, int64_t k) {
    const int64_t b = b0 + i;
    if (b >= a.batch) return 0.0f;
    const RowResult& row = results[blockIdx.z % 2 * a.batch + b];
    const float p = exponential(d.sim[b * keys + k] - row.largest) * row.inverse_sum;
    return half * (p - d.target[b * keys + k]);
  };
  float sum[4][4] = {};
  multiply_tile<Fastest::column>(
      reinterpret_cast<float*>(memory), begin, min(begin + kPartKeys, keys), dsim,
      [&](int64_t k, int j) { return e0 + j < a.n ? key(a, d, k, e0 + j) : 0.0f; }, sum);
  float* const part = parts + blockIdx.z * a.batch * a.n;  // [parts, 2, B, E]
  const int64_t b = b0 + threadIdx.x / 16 * 4, e = e0 + threadIdx.x % 16 * 4;
  MEDLEY_UNROLL
  for (int r = 0; r < 4; ++r) {
    MEDLEY_UNROLL
    for (int c = 0; c < 4; ++c)
      if (b + r < a.batch && e + c < a.n) part[(b + r) * a.n + e + c] = sum[r][c];
  }
}

// The parts in order, divided by temp. blockIdx.y: direction.
// registers: 32
__global__ void __launch_bounds__(kThreads)
    itc_parts_kernel(const Itc<float> a, const float* parts, int64_t count) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x, size = a.batch * a.n;
  if (i >= size) return;
  float sum = 0;
  for (int64_t p = 0; p < count; ++p) sum += parts[(2 * p + blockIdx.y) * size + i];
  direction(a, blockIdx.y).dquery[i] = sum / *a.temp;
}

void check(const Itc<float>& a) {
  check_sizes("itc", {{"batch", a.batch, 1}, {"queue", a.queue}, {"n", a.n, 1}});
  const int64_t keys = a.batch + a.queue;
  const int64_t queries = a.dimage != nullptr ? a.batch : 0;  // that want gradients
  check_buffers(
      "itc",
      {input("image", a.image, a.batch, a.n), input("text", a.text, a.batch, a.n),
       input("image_momentum", a.image_momentum, a.batch, a.n),
       input("text_momentum", a.text_momentum, a.batch, a.n),
       input("image_queue", a.image_queue, a.queue, a.n),
       input("text_queue", a.text_queue, a.queue, a.n),
       optional_input("caption", a.caption, a.batch),
       input("queue_caption", a.queue_caption, a.caption != nullptr ? a.queue : 0),
       input("temp", a.temp, 1), optional_input("alpha", a.alpha, 1),
       output("sim_i2t", a.sim_i2t, a.batch, keys), output("sim_t2i", a.sim_t2i, a.batch, keys),
       output("target_i2t", a.target_i2t, a.batch, keys),
       output("target_t2i", a.target_t2i, a.batch, keys), output("loss", a.loss, 1),
       output("dimage", a.dimage, queries, a.n), output("dtext", a.dtext, queries, a.n),
       optional_output("dtemp", a.dtemp, 1)});
}

unsigned pieces(int64_t n, int64_t size) { return static_cast<unsigned>((n + size - 1) / size); }

}  // namespace

void itc(const Itc<float>& args, Stream stream) {
  check(args);
  const int64_t keys = args.batch + args.queue;
  const auto rows = static_cast<unsigned>(args.batch);
  const size_t sums = kThreads / 32 * sizeof(double);
  launch(itc_similarities_kernel,
         {.kernel = "itc_similarities",
          .grid = dim3(pieces(keys, kTile), pieces(args.batch, kTile), 4),
          .block = dim3(kTileThreads),
          .shared = kTileBytes},
         stream, args);
  const Scratch<RowResult> results(2 * args.batch);
  launch(itc_rows_kernel,
         {.kernel = "itc_rows", .grid = dim3(rows, 2), .block = dim3(kThreads), .shared = sums},
         stream, args, results.data());
  launch(itc_loss_kernel,
         {.kernel = "itc_loss", .grid = dim3(1), .block = dim3(kThreads), .shared = sums}, stream,
         args, results.data());
  if (args.dimage == nullptr) return;
  const unsigned parts = pieces(keys, kPartKeys);
  const Scratch<float> products(int64_t{parts} * 2 * args.batch * args.n);
  launch(itc_gradients_kernel,
         {.kernel = "itc_gradients",
          .grid = dim3(pieces(args.n, kTile), pieces(args.batch, kTile), 2 * parts),
          .block = dim3(kTileThreads),
          .shared = kTileBytes},
         stream, args, results.data(), products.data());
  launch(itc_parts_kernel,
         {.kernel = "itc_parts",
          .grid = dim3(pieces(args.batch * args.n, kThreads), 2),
          .block = dim3(kThreads)},
         stream, args, products.data(), int64_t{parts});
}

}  // namespace medley::kernels::cuda
