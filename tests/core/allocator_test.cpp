// The caching allocator: alignment, reuse, statistics by tag, limits, and the devices without
// memory.
#include "core/allocator.h"

#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "core/scope.h"
#include "tests/catch.h"

using namespace medley;

namespace {

const Device kCpu{};
const Device kMeta{Device::Meta, 0};

struct Limit {
  explicit Limit(const char* mebibytes) { setenv("MEDLEY_MEMORY_LIMIT", mebibytes, 1); }
  ~Limit() { unsetenv("MEDLEY_MEMORY_LIMIT"); }
};

}  // namespace

TEST_CASE("blocks are aligned and apart") {
  std::vector<std::pair<void*, size_t>> blocks;
  for (const size_t bytes : {0, 1, 63, 512, 513, 100000}) {
    void* data = device_allocate(bytes, kCpu);
    CHECK(reinterpret_cast<uintptr_t>(data) % 64 == 0);
    std::memset(data, static_cast<int>(blocks.size()), bytes);
    blocks.emplace_back(data, bytes);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto* bytes = static_cast<const unsigned char*>(blocks[i].first);
    for (size_t k = 0; k < blocks[i].second; ++k) REQUIRE(bytes[k] == i);
    device_free(blocks[i].first, blocks[i].second, kCpu);
  }
}

TEST_CASE("the same sequence of requests gets the same addresses") {
  release_cached_memory(kCpu);
  std::vector<void*> first;
  for (int round = 0; round < 4; ++round) {
    std::vector<void*> addresses;
    for (const size_t bytes : {4096, 70000, 4096, 1024, 66000}) {
      addresses.push_back(device_allocate(bytes, kCpu));
    }
    // Another order of release must not matter.
    for (size_t i = 0; i < addresses.size(); ++i) {
      device_free(addresses[(i * 3 + static_cast<size_t>(round)) % 5], 0, kCpu);
    }
    if (round == 1) first = addresses;
    if (round > 1) CHECK(addresses == first);
  }
}

TEST_CASE("a cached block is reused, but not for a much smaller request") {
  release_cached_memory(kCpu);
  const size_t cached_before = memory_stats(kCpu).cached;
  void* big = device_allocate(1 << 20, kCpu);
  device_free(big, 1 << 20, kCpu);
  CHECK(memory_stats(kCpu).cached == cached_before + (1 << 20));
  const uint64_t asked = memory_stats(kCpu).system_requests;
  void* again = device_allocate((1 << 20) - 5000, kCpu);
  CHECK(again == big);
  CHECK(memory_stats(kCpu).system_requests == asked);
  device_free(again, 0, kCpu);
  void* small = device_allocate(2000, kCpu);
  CHECK(small != big);
  device_free(small, 0, kCpu);
  release_cached_memory(kCpu);
  CHECK(memory_stats(kCpu).cached == 0);
}

TEST_CASE("a request that outgrows its block replaces it") {
  release_cached_memory(kCpu);
  for (size_t bytes = 100 << 10; bytes < 180 << 10; bytes += 4096) {
    device_free(device_allocate(bytes, kCpu), bytes, kCpu);
  }
  CHECK(memory_stats(kCpu).cached < 200 << 10);
  release_cached_memory(kCpu);
}

TEST_CASE("statistics: live, peak and tags") {
  for (const Device device : {kCpu, kMeta}) {
    const size_t live = memory_stats(device).live;
    reset_peak_memory(device);
    const Scope outer("outer");
    void* a = device_allocate(1000, device);
    void* b = nullptr;
    {
      const Scope inner("inner", 2);
      b = device_allocate(513, device);
    }
    MemoryStats stats = memory_stats(device);
    CHECK(stats.live == live + 2048);
    CHECK(stats.live_by_tag["outer"] == 1024);
    CHECK(stats.live_by_tag["inner"] == 1024);
    device_free(a, 1000, device);
    device_free(b, 513, device);
    stats = memory_stats(device);
    CHECK(stats.live == live);
    CHECK(stats.peak == live + 2048);
    CHECK_FALSE(stats.live_by_tag.contains("outer"));
    reset_peak_memory(device);
    CHECK(memory_stats(device).peak == live);
  }
}

TEST_CASE("Meta counts what no machine holds") {
  const size_t terabytes = size_t{40} << 40;
  void* handle = device_allocate(terabytes, kMeta);
  CHECK(memory_stats(kMeta).live >= terabytes);
  CHECK(memory_stats(kMeta).system_requests == 0);
  device_free(handle, terabytes, kMeta);
}

TEST_CASE("running out of memory says who holds what") {
  release_cached_memory(kCpu);
  const Limit limit("8");
  const Scope scope("attention");
  void* held = device_allocate(5 << 20, kCpu);
  std::string text;
  try {
    device_allocate(4 << 20, kCpu);
  } catch (const MemoryError& error) {
    text = error.what();
    CHECK(error.exit_code() == 7);
  }
  CHECK_THAT(text, Catch::Contains("no 4.0 MiB") && Catch::Contains("5.0 MiB  attention") &&
                       Catch::Contains("MEDLEY_MEMORY_LIMIT is 8.0 MiB") &&
                       Catch::Contains("hint: "));
  // What is cached goes before anything is refused, and the allocator still works.
  device_free(held, 5 << 20, kCpu);
  void* large = device_allocate(7 << 20, kCpu);
  device_free(large, 7 << 20, kCpu);
  release_cached_memory(kCpu);
}

TEST_CASE("requests that nobody can serve are errors, not crashes") {
  CHECK_THROWS_AS(device_allocate(SIZE_MAX - 100, kCpu), MemoryError);
  CHECK_THROWS_AS(device_allocate(size_t{1} << 60, kCpu), MemoryError);
  const Limit limit("8 MB");
  CHECK_THROWS_AS(device_allocate(size_t{123} << 20, kCpu), ValueError);
}

TEST_CASE("a pool keeps its blocks for itself until it ends") {
  release_cached_memory(kCpu);
  void* cached = device_allocate(4096, kCpu);
  device_free(cached, 4096, kCpu);
  {
    const MemoryPool pool(kCpu);
    void *taken = nullptr, *fresh = nullptr;
    {
      const MemoryPool::Use use(pool);
      taken = device_allocate(4096, kCpu);
      fresh = device_allocate(4096, kCpu);
      device_free(taken, 4096, kCpu);
      CHECK(device_allocate(4096, kCpu) == taken);
      device_free(taken, 4096, kCpu);
    }
    CHECK(taken == cached);
    device_free(fresh, 4096, kCpu);  // after the use: it still goes back to the pool
    release_cached_memory(kCpu);
    CHECK(memory_stats(kCpu).cached == 8192);
    void* other = device_allocate(4096, kCpu);
    CHECK((other != taken && other != fresh));
    device_free(other, 4096, kCpu);
    const MemoryPool::Use again(pool);
    void* first = device_allocate(4096, kCpu);
    CHECK((first == taken || first == fresh));
    device_free(first, 4096, kCpu);
  }
  CHECK(memory_stats(kCpu).cached == 12288);
  release_cached_memory(kCpu);
  CHECK(memory_stats(kCpu).cached == 0);
}

TEST_CASE("a block that outlives its pool is everyone's when it is freed") {
  release_cached_memory(kCpu);
  void* block = nullptr;
  {
    const MemoryPool pool(kCpu);
    const MemoryPool::Use use(pool);
    block = device_allocate(4096, kCpu);
  }
  device_free(block, 4096, kCpu);
  CHECK(device_allocate(4096, kCpu) == block);
  device_free(block, 4096, kCpu);
  release_cached_memory(kCpu);
}
