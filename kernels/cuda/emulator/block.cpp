#include "kernels/cuda/emulator/block.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "core/str.h"
#include "kernels/cuda/emulator/report.h"

namespace medley::kernels::cuda::emulator {
namespace {

// Thrown in the threads of a block in which one failed, so that all of them leave the kernel.
struct Cancelled {};

#if defined(MEDLEY_EMULATOR_ASAN) || defined(MEDLEY_EMULATOR_TSAN)
constexpr size_t kStackBytes = 512 << 10;
#else
constexpr size_t kStackBytes = 128 << 10;
#endif

// Fibers outlive launches: to map a stack costs more than to run a small kernel on it.
Fiber& pooled_fiber(size_t i, void (*entry)()) {
  thread_local std::vector<std::unique_ptr<Fiber>> pool;
  while (pool.size() <= i) pool.push_back(std::make_unique<Fiber>(kStackBytes, entry));
  return *pool[i];
}

uint64_t block_seed(const Grid& grid, int64_t index) {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : std::string_view(grid.kernel))
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return Random(hash ^ grid.seed * 0x9e3779b97f4a7c15u ^ static_cast<uint64_t>(index) << 32).next();
}

}  // namespace

Block::Block(const Grid& grid_) : grid(grid_) {
  const unsigned count = grid.block.x * grid.block.y * grid.block.z;
  threads.resize(count);
}

Block::~Block() {
  for (Thread& thread : threads)
    acquire(&thread);  // the kernel's writes happen before the launch's end
}

void Block::start(int64_t linear) {
  const auto i = static_cast<uint64_t>(linear);
  index = {static_cast<unsigned>(i % grid.grid.x),
           static_cast<unsigned>(i / grid.grid.x % grid.grid.y),
           static_cast<unsigned>(i / grid.grid.x / grid.grid.y)};
  random = Random(block_seed(grid, linear));
  shared.start(grid.shared_bytes);
  barriers.fill({});
  mbarriers.clear();
  transfers_.clear();
  const size_t warps = (threads.size() + kWarpSize - 1) / kWarpSize;
  arrived.assign(warps, 0);
  warp_meetings.clear();
  accesses.assign(warps, {});
  warpgroups.assign((threads.size() + 127) / 128, {});
  for (size_t t = 0; t < threads.size(); ++t) {
    Thread& thread = threads[t];
    thread = Thread();
    thread.number = static_cast<int>(t);
    const auto n = static_cast<unsigned>(t);
    thread.index = {n % grid.block.x, n / grid.block.x % grid.block.y,
                    n / grid.block.x / grid.block.y};
    // Thread t of two blocks runs on two fibers, so that a race detector tells them apart.
    thread.fiber = &pooled_fiber((t + i) % threads.size(), thread_main);
    release(&thread);
  }
  schedule_.start(static_cast<int>(threads.size()), in_order(), random);
  ++counters.blocks;
}

void Block::run(int64_t linear) {
  Unobserved scope;
  start(linear);
  running_block = this;
  blockIdx = index;
  blockDim = grid.block;
  gridDim = grid.grid;
  switch_to(scheduler_, *next());
  running_block = nullptr;
  running_thread = nullptr;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  for (WarpAccesses& warp : accesses) warp.settle(counters);
  check_finished();
}

void Block::check_finished() const {
  if (!shared.bounds_intact())
    fail_block(*this, str("something was written outside the block's ", shared.size(),
                          " bytes of shared memory (build with AddressSanitizer to see where)"));
  if (!transfers_.empty())
    fail_block(*this, str("the block exits while ", transfers_.size(),
                          " copies by TMA to its shared memory are under way"));
  for (const Warpgroup& warpgroup : warpgroups)
    if (!warpgroup.sums.empty())
      fail_block(*this, "a warpgroup exits without wgmma_wait for its last products");
}

void Block::thread_main() {
  for (;;) {  // one turn a block; the fiber is left in between
    Block& block = *running_block;
    Thread& thread = *running_thread;
    if (!block.is_cancelled()) block.run_thread(thread);
    Thread* const next = block.exit(thread);
    if (next != nullptr)
      block.switch_to(*thread.fiber, *next);
    else
      thread.fiber->switch_to(block.scheduler_);
  }
}

void Block::run_thread(Thread& thread) {
  acquire(&thread);
  try {
    (*grid.body)();
    finish_async_copies();
  } catch (const Cancelled&) {
  } catch (...) {
    Unobserved scope;
    failure_ = std::current_exception();
  }
  release(&thread);
}

Thread* Block::next() {
  if (failure_) {  // everyone is to leave
    for (Thread& thread : threads)
      if (!thread.done) return &thread;
    return nullptr;
  }
  if (!in_order() && !transfers_.empty() && random.coin()) run_transfer();
  int thread = schedule_.next();
  for (; thread < 0 && !transfers_.empty(); thread = schedule_.next()) run_transfer();
  return thread < 0 ? nullptr : &threads[static_cast<size_t>(thread)];
}

void Block::run_transfer() {
  const size_t i = in_order() ? 0 : random.below(transfers_.size());
  const auto transfer = std::move(transfers_[i]);
  transfers_.erase(transfers_.begin() + static_cast<std::ptrdiff_t>(i));
  transfer();
}

Thread* Block::exit(Thread& thread) {
  Unobserved scope;
  thread.done = true;
  schedule_.set_waiting(thread.number);
  const auto done = [](const Thread& other) { return other.done; };
  if (std::all_of(threads.begin(), threads.end(), done)) return nullptr;
  try {
    if (Thread* const ready = next()) return ready;
    fail_deadlock(*this);
  } catch (...) {
    failure_ = std::current_exception();
  }
  return next();
}

void Block::wait() {
  Thread& thread = *running_thread;
  schedule_.set_waiting(thread.number);
  Thread* const other = next();
  if (other == nullptr) fail_deadlock(*this);
  switch_to(*thread.fiber, *other);
  if (failure_) throw Cancelled();
}

void Block::reorder() {
  if (in_order()) return;
  schedule_.reorder();
  switch_to(*running_thread->fiber, *next());
  if (failure_) throw Cancelled();
}

void Block::switch_to(Fiber& from, Thread& to) {
  running_thread = &to;
  threadIdx = to.index;
  if (to.fiber == &from) return;
  ++counters.switches;
  from.switch_to(*to.fiber);
}

}  // namespace medley::kernels::cuda::emulator
