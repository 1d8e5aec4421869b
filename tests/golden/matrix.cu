// Products on tensor cores, and the loads of their fragments.
#include "kernels/cuda/device/ldmatrix.h"
#include "kernels/cuda/device/mma.h"
#include "kernels/cuda/device/proxy.h"
#include "kernels/cuda/device/vector.h"
#include "kernels/cuda/device/wgmma.h"
#include "tests/golden/kernel.h"

namespace medley::golden {
namespace {

using namespace kernels::cuda::device;  // NOLINT

template <bool kTransposed>
MEDLEY_DEVICE void load_fragments(const uint32_t* in, uint32_t* out) {
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

MEDLEY_DEVICE void multiply_bf16(const uint32_t* in, uint32_t* out) {
  uint32_t a[4], b[2];
  read(in, 0, a);
  read(in, 4, b);
  float d[4] = {1, 2, 3, 4};
  mma_m16n8k16(d, a, b);
  store_vector(reinterpret_cast<float*>(out) + thread() * 4, d);
}

MEDLEY_DEVICE void multiply_tf32(const uint32_t* in, uint32_t* out) {
  uint32_t a[4], b[2];
  read(in, 0, a);
  read(in, 4, b);
  for (uint32_t& word : a) word = to_tf32(__uint_as_float(word));
  for (uint32_t& word : b) word = to_tf32(__uint_as_float(word));
  float d[4] = {1, 2, 3, 4};
  mma_m16n8k8_tf32(d, a, b);
  store_vector(reinterpret_cast<float*>(out) + thread() * 4, d);
}

// a [64][64] and b [N][64], both swizzled as TMA would leave them (any words are a tile).
template <int N>
MEDLEY_DEVICE void fill_tiles(const uint32_t* in, unsigned char* memory) {
  auto* const words = reinterpret_cast<uint32_t*>(memory);
  for (int i = thread(); i < (64 + N) * 32; i += 128) words[i] = in[i];
  fence_proxy_async();
  __syncthreads();
}

template <int N>
MEDLEY_DEVICE void multiply_tiles(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  fill_tiles<N>(in, memory);
  float d[N / 2];
  wgmma_fence();
  MEDLEY_UNROLL
  for (int k = 0; k < 4; ++k)
    wgmma_m64k16<N>(d, wgmma_descriptor(memory) + 2 * k, wgmma_descriptor(memory + 8192) + 2 * k,
                    k > 0);
  wgmma_commit();
  wgmma_wait<0>();
  MEDLEY_UNROLL
  for (int i = 0; i < N / 2; ++i) out[i * 128 + thread()] = __float_as_uint(d[i]);
}

// Two products, each a group; the first is read while the second may be under way.
MEDLEY_DEVICE void multiply_in_groups(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  fill_tiles<64>(in, memory);
  const uint64_t a = wgmma_descriptor(memory), b = wgmma_descriptor(memory + 8192);
  float first[32], second[32];
  wgmma_fence();
  wgmma_m64k16<64>(first, a, b, false);
  wgmma_commit();
  wgmma_m64k16<64>(second, a + 2, b + 2, false);
  wgmma_commit();
  wgmma_wait<1>();
  MEDLEY_UNROLL
  for (int i = 0; i < 32; ++i) out[i * 128 + thread()] = __float_as_uint(first[i]);
  wgmma_wait<0>();
  MEDLEY_UNROLL
  for (int i = 0; i < 32; ++i) out[4096 + i * 128 + thread()] = __float_as_uint(second[i]);
}

// A sum of n products in the hardware's own order, where terms may cancel: a bound relative to the
// sum of their sizes, which is about n for operands in [-2, 2). (Higham, Accuracy and Stability of
// Numerical Algorithms, 4.2: n u sum |x_i|; once for each side.)
constexpr Agreement sum_of(int n) { return {.floats = true, .floor = n * n * 0x1p-23}; }

constexpr Primitive kPrimitives[] = {
    {"ldmatrix_x4", Code::sm_80, Operands::bits, 128, 128, Agreement(),
     run<load_fragments<false>, 32, 512>},
    {"ldmatrix_x4_trans", Code::sm_80, Operands::bits, 128, 128, Agreement(),
     run<load_fragments<true>, 32, 512>},
    {"mma_m16n8k16", Code::sm_80, Operands::bf16_pairs, 192, 128, sum_of(17),
     run<multiply_bf16, 32>},
    {"mma_m16n8k8_tf32", Code::sm_80, Operands::floats, 192, 128, sum_of(9),
     run<multiply_tf32, 32>},
    {"wgmma_m64k16_64", Code::sm_90a, Operands::bf16_pairs, 4096, 4096, sum_of(64),
     run<multiply_tiles<64>, 128, 16384>},
    {"wgmma_m64k16_128", Code::sm_90a, Operands::bf16_pairs, 6144, 8192, sum_of(64),
     run<multiply_tiles<128>, 128, 24576>},
    {"wgmma_wait", Code::sm_90a, Operands::bf16_pairs, 4096, 8192, sum_of(16),
     run<multiply_in_groups, 128, 16384>},
};

}  // namespace

std::span<const Primitive> matrix_primitives() { return kPrimitives; }

}  // namespace medley::golden
