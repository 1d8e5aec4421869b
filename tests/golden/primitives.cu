// One warp (128 threads for what needs a warpgroup or several warps); lane t reads its words in[t],
// in[t + threads] ... and writes out[t], out[t + threads] ... likewise.
#include "kernels/cuda/device/barrier.h"
#include "kernels/cuda/device/cp_async.h"
#include "kernels/cuda/device/ldmatrix.h"
#include "kernels/cuda/device/math.h"
#include "kernels/cuda/device/mbarrier.h"
#include "kernels/cuda/device/mma.h"
#include "kernels/cuda/device/proxy.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/device/vector.h"
#include "kernels/cuda/device/wgmma.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/tensor_map.h"
#include "tests/golden/primitives.h"

namespace medley::golden {
namespace {

using namespace kernels::cuda;          // NOLINT
using namespace kernels::cuda::device;  // NOLINT

using Kernel = void (*)(const uint32_t*, uint32_t*);

MEDLEY_DEVICE int thread() { return static_cast<int>(threadIdx.x); }
MEDLEY_DEVICE float float_at(const uint32_t* in, int i) { return __uint_as_float(in[i]); }

template <int N>
MEDLEY_DEVICE void read(const uint32_t* in, int first, uint32_t (&words)[N]) {
  for (int i = 0; i < N; ++i) words[i] = in[(first + i) * 32 + thread()];
}

__global__ void pack_bf16_kernel(const uint32_t* in, uint32_t* out) {
  out[thread()] = pack_bf16(float_at(in, thread()), float_at(in, thread() + 32));
}

__global__ void to_tf32_kernel(const uint32_t* in, uint32_t* out) {
  out[thread()] = to_tf32(float_at(in, thread()));
}

__global__ void exp2_approx_kernel(const uint32_t* in, uint32_t* out) {
  out[thread()] = __float_as_uint(exp2_approx(16 * float_at(in, thread())));
}

template <bool kTransposed>
__global__ void ldmatrix_kernel(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  uint32_t r[4];
  load_words(in + thread() * 4, r);
  store_words(memory + thread() * 16, r);
  __syncwarp();
  const unsigned char* const row = memory + (thread() * 5 % 32) * 16;  // rows in no simple order
  if (kTransposed)
    ldmatrix_x4_trans(r, row);
  else
    ldmatrix_x4(r, row);
  store_words(out + thread() * 4, r);
}

__global__ void mma_m16n8k16_kernel(const uint32_t* in, uint32_t* out) {
  uint32_t a[4], b[2];
  read(in, 0, a);
  read(in, 4, b);
  float d[4] = {1, 2, 3, 4};
  mma_m16n8k16(d, a, b);
  store_vector(reinterpret_cast<float*>(out) + thread() * 4, d);
}

__global__ void mma_m16n8k8_tf32_kernel(const uint32_t* in, uint32_t* out) {
  uint32_t a[4], b[2];
  read(in, 0, a);
  read(in, 4, b);
  for (uint32_t& word : a) word = to_tf32(__uint_as_float(word));
  for (uint32_t& word : b) word = to_tf32(__uint_as_float(word));
  float d[4] = {1, 2, 3, 4};
  mma_m16n8k8_tf32(d, a, b);
  store_vector(reinterpret_cast<float*>(out) + thread() * 4, d);
}

__global__ void cp_async_kernel(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  cp_async16(memory + thread() * 16, in + thread() * 4, thread() % 3 != 1);
  cp_async_commit();
  cp_async_wait<0>();
  __syncwarp();
  uint32_t words[4];
  load_words(memory + (31 - thread()) * 16, words);
  store_words(out + thread() * 4, words);
}

__global__ void shuffle_kernel(const uint32_t* in, uint32_t* out) {
  const uint32_t value = in[thread()];
  const unsigned distance = in[32] % 32;
  const int lane = static_cast<int>(in[thread()] % 32);
  const uint32_t results[] = {__shfl_sync(kFullWarp, value, lane),
                              __shfl_sync(kFullWarp, value, lane, 8),
                              __shfl_up_sync(kFullWarp, value, distance),
                              __shfl_up_sync(kFullWarp, value, distance, 16),
                              __shfl_down_sync(kFullWarp, value, distance),
                              __shfl_down_sync(kFullWarp, value, distance, 8),
                              __shfl_xor_sync(kFullWarp, value, static_cast<int>(distance)),
                              __shfl_xor_sync(kFullWarp, value, static_cast<int>(distance), 4)};
  for (int i = 0; i < 8; ++i) out[i * 32 + thread()] = results[i];
}

__global__ void vote_kernel(const uint32_t* in, uint32_t* out) {
  const int vote = static_cast<int>(in[thread()] & 1);
  out[thread()] = __ballot_sync(kFullWarp, vote);
  out[thread() + 32] = static_cast<uint32_t>(__any_sync(kFullWarp, vote) != 0);
  out[thread() + 64] = static_cast<uint32_t>(__all_sync(kFullWarp, vote) != 0);
}

__global__ void reduce_kernel(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  auto* const shared = reinterpret_cast<float*>(memory);
  const float value = float_at(in, thread());
  out[thread()] = __float_as_uint(block_sum(value, shared));
  out[thread() + 128] = __float_as_uint(block_max(value, shared));
  out[thread() + 256] = static_cast<uint32_t>(__syncthreads_count(value > 0));
}

__global__ void named_barrier_kernel(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  auto* const words = reinterpret_cast<uint32_t*>(memory);
  if (thread() < 64) {
    words[thread()] = in[thread()];
    named_barrier_arrive(1, 128);
  } else {
    named_barrier_sync(1, 128);
    out[thread() - 64] = words[127 - thread()];
  }
}

// A box of 16 x 64 at row 4 and column 24 of a matrix 16 x 64: a part of it lies outside.
__global__ void tma_kernel(const __grid_constant__ TensorMap map, uint32_t* out) {
  MEDLEY_SHARED(memory);
  auto* const barrier = reinterpret_cast<uint64_t*>(memory + 2048);
  if (thread() == 0) {
    mbarrier_init(barrier, 1);
    fence_mbarrier_init();
  }
  __syncthreads();
  if (thread() == 0) {
    mbarrier_arrive_expect(barrier, 2048);
    tma_load(memory, map, 24, 4, barrier);
  }
  mbarrier_wait(barrier, 0);
  const auto* const words = reinterpret_cast<const uint32_t*>(memory);
  for (int i = thread(); i < 512; i += 32) out[i] = words[i];
}

// a [64][64] and b [N][64], both swizzled as TMA would leave them (any words are a tile).
template <int N>
__global__ void __launch_bounds__(128) wgmma_kernel(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  auto* const words = reinterpret_cast<uint32_t*>(memory);
  for (int i = thread(); i < (64 + N) * 32; i += 128) words[i] = in[i];
  fence_proxy_async();
  __syncthreads();
  float d[N / 2];
  wgmma_fence();
  MEDLEY_UNROLL for (int k = 0; k < 4; ++k) wgmma_m64k16<N>(
      d, wgmma_descriptor(memory) + 2 * k, wgmma_descriptor(memory + 8192) + 2 * k, k > 0);
  wgmma_commit();
  wgmma_wait<0>();
  MEDLEY_UNROLL for (int i = 0; i < N / 2; ++i) out[i * 128 + thread()] = __float_as_uint(d[i]);
}

template <Kernel kernel, int kThreads, size_t kShared>
void run(const uint32_t* in, uint32_t* out, Stream stream) {
  launch(kernel, {"golden", 1, kThreads, kShared}, stream, in, out);
}

void run_tma(const uint32_t* in, uint32_t* out, Stream stream) {
  const auto map = make_tensor_map(reinterpret_cast<const bf16*>(in), 16, 64, 128, 16, 64);
  launch(tma_kernel, {"golden", 1, 32, 2048 + 8}, stream, map, out);
}

constexpr Primitive kPrimitives[] = {
    {"pack_bf16", Operands::wide_floats, 64, 32, 0, 80, run<pack_bf16_kernel, 32, 0>},
    {"to_tf32", Operands::wide_floats, 32, 32, 0, 80, run<to_tf32_kernel, 32, 0>},
    {"exp2_approx", Operands::floats, 32, 32, 5e-7, 80, run<exp2_approx_kernel, 32, 0>},
    {"ldmatrix_x4", Operands::bits, 128, 128, 0, 80, run<ldmatrix_kernel<false>, 32, 512>},
    {"ldmatrix_x4_trans", Operands::bits, 128, 128, 0, 80, run<ldmatrix_kernel<true>, 32, 512>},
    {"mma_m16n8k16", Operands::bf16_pairs, 192, 128, 4e-6, 80, run<mma_m16n8k16_kernel, 32, 0>},
    {"mma_m16n8k8_tf32", Operands::floats, 192, 128, 4e-6, 80, run<mma_m16n8k8_tf32_kernel, 32, 0>},
    {"cp_async16", Operands::bits, 128, 128, 0, 80, run<cp_async_kernel, 32, 512>},
    {"shuffle", Operands::bits, 33, 256, 0, 80, run<shuffle_kernel, 32, 0>},
    {"vote", Operands::bits, 32, 96, 0, 80, run<vote_kernel, 32, 0>},
    {"reduce", Operands::floats, 128, 384, 0, 80, run<reduce_kernel, 128, 16>},
    {"named_barrier", Operands::bits, 64, 64, 0, 80, run<named_barrier_kernel, 128, 256>},
    {"tma_load", Operands::bits, 512, 512, 0, 90, run_tma},
    {"wgmma_m64k16_64", Operands::bf16_pairs, 4096, 4096, 2e-5, 90,
     run<wgmma_kernel<64>, 128, 16384>},
    {"wgmma_m64k16_128", Operands::bf16_pairs, 6144, 8192, 2e-5, 90,
     run<wgmma_kernel<128>, 128, 24576>},
};

}  // namespace

std::span<const Primitive> primitives() { return kPrimitives; }

}  // namespace medley::golden
