// Primitives that are arithmetic: conversions, vector accesses, reductions, faults.
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/cuda/device/fault.h"
#include "kernels/cuda/device/math.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/device/vector.h"
#include "tests/catch.h"
#include "tests/emulator/support.h"

using namespace emulator_test;  // NOLINT
using medley::bf16;

namespace {

template <class T, int N>
__global__ void copy_kernel(const T* in, T* out) {
  float x[N];
  load_vector(in + threadIdx.x * N, x);
  for (float& value : x) value += 1;
  store_vector(out + threadIdx.x * N, x);
}

template <class T>
__global__ void reduce_kernel(const T* in, T* out) {
  MEDLEY_SHARED(memory);
  auto* const shared = reinterpret_cast<T*>(memory);
  const T mine = in[threadIdx.x];
  out[threadIdx.x] = block_sum(mine, shared);
  out[blockDim.x + threadIdx.x] = block_max(mine, shared);
  out[2 * blockDim.x + threadIdx.x] = warp_sum(mine);
  out[3 * blockDim.x + threadIdx.x] = warp_max(mine);
}

__global__ void fault_kernel(Fault* fault, const int* index, int limit) {
  const unsigned t = threadIdx.x;
  if (index[t] >= limit) raise_fault(fault, FaultKind::index_out_of_range, t, index[t], limit);
}

template <class T, int N>
void check_copy() {
  std::vector<T> in(static_cast<size_t>(32 * N)), out(in.size());
  for (size_t i = 0; i < in.size(); ++i) in[i] = T(static_cast<float>(i % 100));
  launch(copy_kernel<T, N>, {"copy", 1, 32}, {}, in.data(), out.data());
  for (size_t i = 0; i < in.size(); ++i)
    CHECK(static_cast<float>(out[i]) == static_cast<float>(in[i]) + 1);
}

template <class T>
void check_reduce(unsigned threads) {
  std::vector<T> in(threads), first;
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = static_cast<T>(std::sin(static_cast<double>(i + 1))) - 2;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    const WithOptions options(seed);
    std::vector<T> out(4 * threads);
    launch(reduce_kernel<T>, {"reduce", 1, threads, 32 * sizeof(T)}, {}, in.data(), out.data());
    if (first.empty()) first = out;
    CHECK(out == first);
  }
  for (size_t i = 0; i < threads; ++i) {
    const auto warp = in.begin() + static_cast<std::ptrdiff_t>(i / 32 * 32);
    CHECK(first[i] == first[0]);
    CHECK(first[i] == Approx(std::accumulate(in.begin(), in.end(), 0.0)));
    CHECK(first[threads + i] == *std::max_element(in.begin(), in.end()));
    CHECK(first[2 * threads + i] == Approx(std::accumulate(warp, warp + 32, 0.0)));
    CHECK(first[3 * threads + i] == *std::max_element(warp, warp + 32));
  }
}

}  // namespace

TEST_CASE("device: bf16 pairs round as bf16 does") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float x : {0.0f, -0.0f, 1.0f, 1.00390625f, 1.01171875f, -3e38f, 3.4e38f, 1e-40f,
                        infinity, -infinity}) {
    CHECK(pack_bf16(x, 2.0f) == (bf16(x).bits | 0x40000000u));
    CHECK(from_float<bf16>(x).bits == bf16(x).bits);
    CHECK(unpack_bf16(pack_bf16(2.0f, x)).y == static_cast<float>(bf16(x)));
    CHECK(to_float(bf16(x)) == static_cast<float>(bf16(x)));
    CHECK(from_float<float>(to_float(x)) == x);
  }
  CHECK(std::isnan(unpack_bf16(pack_bf16(std::nanf(""), 0)).x));
}

TEST_CASE("device: vectors of all sizes are read and written") {
  check_copy<float, 2>();
  check_copy<float, 4>();
  check_copy<float, 8>();
  check_copy<bf16, 2>();
  check_copy<bf16, 4>();
  check_copy<bf16, 8>();
  check_copy<bf16, 16>();
}

TEST_CASE("device: reductions give every thread the same bits under every schedule") {
  for (const unsigned threads : {32u, 64u, 256u, 1024u}) {
    check_reduce<float>(threads);
    check_reduce<double>(threads);
  }
}

TEST_CASE("device: exp2_approx") {
  for (float x = -126.0f; x < 128.0f; x += 0.37f)
    CHECK(exp2_approx(x) == Approx(std::exp2(double{x})).epsilon(2.5e-7));
  CHECK(exp2_approx(-127.0f) == 0.0f);
  CHECK(exp2_approx(-std::numeric_limits<float>::infinity()) == 0.0f);
  CHECK(std::isnan(exp2_approx(std::nanf(""))));
}

TEST_CASE("device: the first fault is kept") {
  std::vector<int> index(64, 3);
  index[40] = 9;
  index[50] = 8;
  Fault fault;
  launch(fault_kernel, {"fault", 1, 64}, {}, &fault, index.data(), 5);
  CHECK(fault.kind == FaultKind::index_out_of_range);
  CHECK(fault.position == 40);
  CHECK(fault.value == 9);
  CHECK(fault.limit == 5);
}
