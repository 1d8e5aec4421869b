// The caching allocator on a GPU: the same interface, statistics and errors as on the CPU.
#include "core/allocator.h"

#include <cstdlib>

#include "core/error.h"
#include "core/scope.h"
#include "tests/cuda/support.h"

using namespace medley;
using namespace medley::tests;

namespace {

struct Limit {
  explicit Limit(const char* mebibytes) { setenv("MEDLEY_MEMORY_LIMIT", mebibytes, 1); }
  ~Limit() { unsetenv("MEDLEY_MEMORY_LIMIT"); }
};

}  // namespace

TEST_CASE("cuda memory: blocks are aligned, rounded and reused at the same addresses") {
  if (no_device()) return;
  release_cached_memory(kCuda);
  const size_t live = memory_stats(kCuda).live;
  std::vector<void*> first;
  for (int round = 0; round < 3; ++round) {
    std::vector<void*> addresses;
    for (const size_t bytes : {4096, 70000, 1, 1024, 66000}) {
      addresses.push_back(device_allocate(bytes, kCuda));
      CHECK(reinterpret_cast<uintptr_t>(addresses.back()) % 256 == 0);
    }
    CHECK(memory_stats(kCuda).live == live + 4096 + 70144 + 512 + 1024 + 66048);
    for (size_t i = 0; i < 5; ++i) {
      device_free(addresses[(i * 3 + static_cast<size_t>(round)) % 5], 0, kCuda);
    }
    if (round == 0) first = addresses;
    if (round > 0) CHECK(addresses == first);
  }
  CHECK(memory_stats(kCuda).live == live);
}

TEST_CASE("cuda memory: statistics are the device's own, by tag") {
  if (no_device()) return;
  const size_t on_cpu = memory_stats(Device{}).live;
  reset_peak_memory(kCuda);
  const size_t before = memory_stats(kCuda).peak;
  const Scope scope("tower");
  void* data = device_allocate(5000, kCuda);
  CHECK(memory_stats(kCuda).live_by_tag["tower"] == 5120);
  CHECK(memory_stats(kCuda).peak == before + 5120);
  CHECK(memory_stats(Device{}).live == on_cpu);
  device_free(data, 5000, kCuda);
}

TEST_CASE("cuda memory: running out says who holds what, and on which device") {
  if (no_device()) return;
  release_cached_memory(kCuda);
  const Limit limit("64");
  const Scope scope("attention");
  void* held = device_allocate(40 << 20, kCuda);
  CHECK_THROWS_WITH(device_allocate(30 << 20, kCuda),
                    Catch::Contains("no 30.0 MiB on cuda:0") &&
                        Catch::Contains("40.0 MiB  attention") &&
                        Catch::Contains("MEDLEY_MEMORY_LIMIT is 64.0 MiB"));
  device_free(held, 0, kCuda);
  void* large = device_allocate(60 << 20, kCuda);  // what is cached goes first
  device_free(large, 0, kCuda);
  release_cached_memory(kCuda);
}

TEST_CASE("cuda memory: more than there is") {
  if (no_device()) return;
  CHECK_THROWS_AS(device_allocate(SIZE_MAX - 100, kCuda), MemoryError);
  CHECK_THROWS_AS(device_allocate(size_t{1} << 50, kCuda), MemoryError);
}
