// The caching allocator. A freed block is kept and serves the next request that it fits, best fit
// first and lowest address among equals: which block is taken depends on nothing but the sequence
// of requests. Under AddressSanitizer whatever is not held is poisoned, so that a stray access is
// found although the block never went back to its source.
#include "core/allocator.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/cuda/device.h"
#include "core/env.h"
#include "core/error.h"
#include "core/memory_source.h"
#include "core/scope.h"
#include "core/str.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

// Sanitizers end the program on a request that no machine can serve; here it must come back as
// null.
#if defined(__SANITIZE_ADDRESS__)
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
#elif defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }
#endif

namespace medley {
namespace {

constexpr size_t kRounding = 512;

// Tag -> bytes. Nodes of a map stay where they are, so a block points at its own.
using Tags = std::map<std::string, size_t, std::less<>>;

struct Block {
  size_t size;  // of the block
  size_t held;  // what the request rounds to: at most size
  Tags::value_type* tag;
  uint64_t pool;  // that it returns to; 0: everyone's
};

// A freed block.
struct CachedBlock {
  uint64_t pool;
  size_t size;
  void* data;
  auto operator<=>(const CachedBlock&) const = default;
};

#if defined(__SANITIZE_ADDRESS__)
void poison(void* data, size_t size) { ASAN_POISON_MEMORY_REGION(data, size); }
void unpoison(void* data, size_t size) { ASAN_UNPOISON_MEMORY_REGION(data, size); }
#else
void poison(void*, size_t) {}
void unpoison(void*, size_t) {}
#endif

std::string mebibytes(size_t bytes) {
  const size_t tenths = (bytes * 10 + (1u << 19)) >> 20;
  return str(tenths / 10, ".", tenths % 10, " MiB");
}

size_t memory_limit() {
  const std::string text = env("MEDLEY_MEMORY_LIMIT");
  if (text.empty()) return SIZE_MAX;
  size_t limit = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || stop != text.data() + text.size() || limit > SIZE_MAX >> 20) {
    throw ValueError(str("MEDLEY_MEMORY_LIMIT is '", text, "'"), "use a whole number of MiB");
  }
  return limit << 20;
}

class Allocator {
 public:
  explicit Allocator(Device device) : device_(device), poisons_(is_host_memory(device)) {}

  void* allocate(size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > SIZE_MAX / 2) fail(bytes);
    const size_t held = std::max(kRounding, (bytes + kRounding - 1) / kRounding * kRounding);
    ++requests_;
    auto [data, size] = device_.kind == Device::Meta ? number(held) : take(held);
    auto tag = tags_.try_emplace(Scope::tag(), 0).first;
    tag->second += held;
    live_blocks_.emplace(data, Block{size, held, &*tag, pool_});
    live_ += held;
    peak_ = std::max(peak_, live_);
    if (poisons_) unpoison(data, bytes);
    return data;
  }

  void free(void* data) {
    const std::lock_guard lock(mutex_);
    const auto found = live_blocks_.find(data);
    if (found == live_blocks_.end()) return;
    const Block block = found->second;
    live_blocks_.erase(found);
    live_ -= block.held;
    block.tag->second -= block.held;
    if (device_.kind == Device::Meta) return;
    try {
      // A pool that is gone has left its blocks to everyone.
      cached_blocks_.insert({pools_.contains(block.pool) ? block.pool : 0, block.size, data});
      cached_ += block.size;
      if (poisons_) poison(data, block.size);
    } catch (const std::bad_alloc&) {
      give_back(data, block.size);
    }
  }

  MemoryStats stats() {
    const std::lock_guard lock(mutex_);
    MemoryStats stats{live_, peak_, cached_, requests_, system_requests_, {}};
    for (const auto& [tag, bytes] : tags_) {
      if (bytes > 0) stats.live_by_tag.emplace(tag, bytes);
    }
    return stats;
  }

  void reset_peak() {
    const std::lock_guard lock(mutex_);
    peak_ = live_;
  }

  void release_cached() {
    const std::lock_guard lock(mutex_);
    release_all();
  }

  uint64_t open_pool() {
    const std::lock_guard lock(mutex_);
    return *pools_.insert(++last_pool_).first;
  }

  void close_pool(uint64_t pool) noexcept {
    const std::lock_guard lock(mutex_);
    pools_.erase(pool);
    for (auto block = first_of(pool); block != cached_blocks_.end() && block->pool == pool;) {
      auto node = cached_blocks_.extract(block++);
      node.value().pool = 0;
      cached_blocks_.insert(std::move(node));
    }
  }

  // The pool that requests are served from, and the one before it.
  uint64_t exchange_pool(uint64_t pool) {
    const std::lock_guard lock(mutex_);
    return std::exchange(pool_, pool);
  }

 private:
  using Cached = std::set<CachedBlock>;

  // A Meta block is a number of its own, so that free() finds it.
  std::pair<void*, size_t> number(size_t held) {
    meta_next_ += kRounding;
    return {reinterpret_cast<void*>(meta_next_), held};
  }

  std::pair<void*, size_t> take(size_t held) {
    // A pool also takes what everyone may have, and keeps it.
    for (const uint64_t pool : {pool_, uint64_t{0}}) {
      const auto fit = cached_blocks_.lower_bound({pool, held, nullptr});
      // A block much larger than the request waits for a request of its own size.
      if (fit != cached_blocks_.end() && fit->pool == pool && fit->size - held <= held / 4) {
        const CachedBlock block = *fit;
        cached_blocks_.erase(fit);
        cached_ -= block.size;
        return {block.data, block.size};
      }
      // Requests whose size varies from step to step (packed text) would fill the cache with blocks
      // that nearly fit: the largest one below the request goes back, and the new block takes its
      // place.
      if (pool_ == 0 && fit != first_of(0)) {
        const auto outgrown = std::prev(fit);
        if (outgrown->size >= held / 2) release(outgrown);
      }
    }
    return {from_source(held), held};
  }

  void* from_source(size_t size) {
    ++system_requests_;
    const size_t limit = memory_limit();
    if (system_bytes_ + size > limit) release_all();
    if (system_bytes_ + size > limit) fail(size);
    void* data = source_allocate(size, device_);
    if (data == nullptr) {
      release_all();
      data = source_allocate(size, device_);
    }
    if (data == nullptr) fail(size);
    system_bytes_ += size;
    if (poisons_) poison(data, size);
    return data;
  }

  void give_back(void* data, size_t size) {
    if (poisons_) unpoison(data, size);
    source_free(data, size, device_);
    system_bytes_ -= size;
  }

  Cached::iterator first_of(uint64_t pool) {
    return cached_blocks_.lower_bound({pool, 0, nullptr});
  }

  void release(Cached::iterator block) {
    give_back(block->data, block->size);
    cached_ -= block->size;
    cached_blocks_.erase(block);
  }

  // What pools keep stays. Nothing goes back while a pool is served: on a GPU that would stop the
  // graph which is being captured.
  void release_all() {
    if (pool_ != 0) return;
    while (!cached_blocks_.empty() && cached_blocks_.begin()->pool == 0) {
      release(cached_blocks_.begin());
    }
  }

  [[noreturn]] void fail(size_t bytes) {
    std::vector<std::pair<size_t, std::string>> holders;
    for (const auto& [tag, held] : tags_) {
      if (held > 0) holders.emplace_back(held, tag.empty() ? "(no scope)" : tag);
    }
    std::sort(holders.rbegin(), holders.rend());
    constexpr size_t kRows = 8;
    std::string table;
    for (size_t i = 0; i < std::min(kRows, holders.size()); ++i) {
      table += str("\n    ", mebibytes(holders[i].first), "  ", holders[i].second);
    }
    const size_t limit = memory_limit();
    throw MemoryError(
        str("[memory] no ", mebibytes(bytes), " on ", medley::str(device_), ": ", mebibytes(live_),
            " are held", cached_ == 0 ? "" : ", " + mebibytes(cached_) + " are kept for later",
            limit == SIZE_MAX ? "" : ", MEDLEY_MEMORY_LIMIT is " + mebibytes(limit),
            holders.empty() ? "" : "; the largest holders are", table),
        pool_ == 0
            ? "use a smaller batch or image size, or turn recompute on"
            : "use a smaller batch or image size, turn recompute on, or do without the graph, "
              "whose memory is its own");
  }

  const Device device_;
  const bool poisons_;  // under AddressSanitizer
  std::mutex mutex_;
  std::unordered_map<void*, Block> live_blocks_;
  Cached cached_blocks_;
  std::set<uint64_t> pools_ = {0};
  uint64_t last_pool_ = 0;
  uint64_t pool_ = 0;
  Tags tags_;
  size_t live_ = 0;
  size_t peak_ = 0;
  size_t cached_ = 0;
  size_t system_bytes_ = 0;  // live and cached blocks
  uint64_t requests_ = 0;
  uint64_t system_requests_ = 0;
  uintptr_t meta_next_ = 0;
};

// Never destroyed: tensors with static lifetime may be freed after any destructor that would run
// here.
Allocator& allocator_of(Device device) {
  static auto* cpu = new Allocator({});
  static auto* meta = new Allocator({Device::Meta, 0});
  static auto* gpus = [] {
    auto* all = new std::deque<Allocator>;
    for (int8_t i = 0; i < cuda::kMaxDevices; ++i) all->emplace_back(Device{Device::Cuda, i});
    return all;
  }();
  switch (device.kind) {
    case Device::Cpu:
      return *cpu;
    case Device::Meta:
      return *meta;
    case Device::Cuda:
      break;
  }
  cuda::require(device);
  return (*gpus)[static_cast<size_t>(device.index)];
}

}  // namespace

void* device_allocate(size_t bytes, Device device) { return allocator_of(device).allocate(bytes); }

void device_free(void* data, size_t, Device device) noexcept { allocator_of(device).free(data); }

MemoryStats memory_stats(Device device) { return allocator_of(device).stats(); }

void reset_peak_memory(Device device) { allocator_of(device).reset_peak(); }

void release_cached_memory(Device device) { allocator_of(device).release_cached(); }

MemoryPool::MemoryPool(Device device) : device_(device), id_(allocator_of(device).open_pool()) {}

MemoryPool::~MemoryPool() { allocator_of(device_).close_pool(id_); }

MemoryPool::Use::Use(const MemoryPool& pool)
    : device_(pool.device_), before_(allocator_of(device_).exchange_pool(pool.id_)) {}

MemoryPool::Use::~Use() { allocator_of(device_).exchange_pool(before_); }

}  // namespace medley
