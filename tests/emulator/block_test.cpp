// Blocks and threads: who runs, in which order, and what they find.
#include <cmath>
#include <set>
#include <vector>

#include "core/threads.h"
#include "tests/catch.h"
#include "tests/emulator/support.h"

using namespace emulator_test;  // NOLINT

namespace {

__global__ void coordinates_kernel(int* seen) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  atomicAdd(&seen[block * blockDim.x * blockDim.y * blockDim.z + thread], 1);
}

__global__ void order_kernel(int* order, int* next) { order[atomicAdd(next, 1)] = threadIdx.x; }

__global__ void poison_kernel(float* out) {
  MEDLEY_SHARED(memory);
  auto* const values = reinterpret_cast<float*>(memory);
  out[blockIdx.x * blockDim.x + threadIdx.x] = values[threadIdx.x];
  values[threadIdx.x] = 1;  // must not be there for the next block
}

[[maybe_unused]] __global__ void past_the_end_kernel() {
  MEDLEY_SHARED(memory);
  if (threadIdx.x == 3) memory[64] = 1;
}

__global__ void throw_kernel(const int* from) {
  const std::vector<int> held(100, *from);  // freed although its thread never goes on
  __syncthreads();
  if (threadIdx.x == 5) __syncwarp(1u << 6);
  __syncthreads();
}

// Each thread applies each operation once: results that no order changes, and CAS as a counter.
template <class T>
__global__ void atomics_kernel(T* out) {
  const T t = static_cast<T>(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(&out[0], t);
  atomicMin(&out[1], t);
  atomicMax(&out[2], t);
  atomicAnd(&out[3], ~(T{1} << (t % 31)));
  atomicOr(&out[4], T{1} << (t % 31));
  if (atomicExch(&out[5], T{1}) == 0) atomicAdd(&out[6], T{1});
  T seen = 0, before = 0;
  while ((before = atomicCAS(&out[7], seen, seen + 2)) != seen) seen = before;
}

template <class T>
void check_atomics() {
  std::vector<T> out(8, T{0});
  out[1] = 1000;
  out[3] = 0x7fffffff;
  launch(atomics_kernel<T>, {"atomics", 3, 64}, {}, out.data());
  CHECK(out == std::vector<T>{191 * 192 / 2, 0, 191, 0, 0x7fffffff, 1, 1, 2 * 192});
}

std::vector<int> order_of(uint64_t seed, const char* name) {
  const WithOptions options(seed);
  std::vector<int> order(96);
  int next = 0;
  launch(order_kernel, {name, 1, 96}, {}, order.data(), &next);
  return order;
}

}  // namespace

TEST_CASE("emulator: every thread of every block runs once") {
  for (const int threads : {2, 1}) {
    medley::set_thread_count(threads);
    std::vector<int> seen(3 * 4 * 5 * 33 * 2 * 3, 0);
    launch(coordinates_kernel, {"coordinates", {3, 4, 5}, {33, 2, 3}}, {}, seen.data());
    CHECK(seen == std::vector<int>(seen.size(), 1));
  }
}

TEST_CASE("emulator: seed 0 is the order of the threads, others are orders of their own") {
  std::vector<int> in_order(96);
  for (int i = 0; i < 96; ++i) in_order[static_cast<size_t>(i)] = i;
  CHECK(order_of(0, "a") == in_order);
  std::set<std::vector<int>> orders;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    orders.insert(order_of(seed, "a"));
    CHECK(order_of(seed, "a") == order_of(seed, "a"));
  }
  CHECK(orders.size() == 8);
  CHECK(order_of(1, "a") != order_of(1, "b"));
}

TEST_CASE("emulator: atomics of every width, over threads of the operating system") {
  medley::set_thread_count(2);
  check_atomics<int>();
  check_atomics<unsigned>();
  check_atomics<unsigned long long>();
}

TEST_CASE("emulator: shared memory of a new block is NaN") {
  std::vector<float> out(4 * 64, 0.0f);
  launch(poison_kernel, {"poison", 4, 64, 64 * sizeof(float)}, {}, out.data());
  for (const float x : out) CHECK(std::isnan(x));
}

#if !defined(MEDLEY_EMULATOR_ASAN)  // which stops at the access itself
TEST_CASE("emulator: a write past the shared memory is found at the end of the block") {
  const std::string report = report_of([] {
    launch(past_the_end_kernel, {"past_the_end", 2, 32, 64}, {});
  });
  CHECK_THAT(report, Catch::StartsWith("[past_the_end] block ("));
  CHECK_THAT(report, Catch::Contains("outside the block's 64 bytes of shared memory"));
}
#endif

TEST_CASE("emulator: after a report all threads leave the kernel, and the next launch works") {
  const int one = 1;
  for (int i = 0; i < 3; ++i) {
    const std::string report = report_of([&] { launch(throw_kernel, {"throw", 2, 64}, {}, &one); });
    CHECK_THAT(report, Catch::Contains("thread 5 (warp 0, lane 5)"));
    CHECK(order_of(0, "again").back() == 95);
  }
}
