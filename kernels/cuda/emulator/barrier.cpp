#include "kernels/cuda/emulator/barrier.h"

#include "core/str.h"
#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/report.h"

namespace medley::kernels::cuda::emulator {
namespace {

bool waits_at(const Block& block, const Thread& thread, int id) {
  return thread.barrier == id && !thread.done && !block.is_ready(thread);
}

// bar.sync is "aligned": the lanes of a warp execute the same one together.
void check_warps(const Block& block, int id, Line line) {
  const auto takes_part = [&](const Thread& thread) {
    return waits_at(block, thread, id) || &thread == running_thread;
  };
  for (const Thread& thread : block.threads) {
    if (!takes_part(thread)) continue;
    const Thread& first = block.threads[static_cast<size_t>(thread.warp() * kWarpSize)];
    if (!takes_part(first) || !same(first.line, thread.line))
      fail(line, str("lanes of one warp meet at different operations: lane 0 of warp ",
                     thread.warp(), " at ", first.operation, " (", first.line, "), lane ",
                     thread.lane(), " at ", thread.operation, " (", thread.line, ")"));
  }
}

void arrive(int id, int threads, bool waits, Line line) {
  Block& block = *running_block;
  Barrier& barrier = block.barriers[static_cast<size_t>(id)];
  Thread& thread = *running_thread;
  thread.line = line;
  if (barrier.arrived == 0) barrier.expected = threads;
  if (barrier.expected != threads)
    fail(line, str(thread.operation, ": barrier ", id, " is used for ", threads,
                   " threads here and for ", barrier.expected, " by those that came before"));
  void* const meeting = barrier.meeting.arrive();
  if (++barrier.arrived < barrier.expected) {
    if (!waits) return;
    thread.barrier = id;
    block.wait();
  } else {
    if (waits) check_warps(block, id, line);
    ++block.counters.barriers;
    if (id == 0)
      for (WarpAccesses& warp : block.accesses) warp.settle(block.counters);
    barrier.arrived = 0;
    barrier.meeting.complete();
    barrier.result = barrier.votes;
    barrier.votes = 0;
    for (Thread& other : block.threads)
      if (waits_at(block, other, id)) block.set_ready(other);
    block.reorder();
  }
  if (waits) acquire(meeting);
}

void check_named(const char* operation, int id, int threads, Line line) {
  Thread& thread = *running_thread;
  thread.operation = operation;
  thread.line = line;
  const auto block_threads = static_cast<int>(running_block->threads.size());
  if (id < 1 || id > 15)
    fail(line, str(operation, ": named barriers have the numbers 1 to 15, not ", id));
  if (threads < kWarpSize || threads % kWarpSize != 0 || threads > block_threads)
    fail(line, str(operation, ": ", threads, " threads is not a multiple of 32 up to the block's ",
                   block_threads));
}

}  // namespace

int block_barrier(const char* operation, bool predicate, Line line) {
  Unobserved scope;
  running_thread->operation = operation;
  Barrier& barrier = running_block->barriers[0];
  barrier.votes += predicate ? 1 : 0;
  arrive(0, static_cast<int>(running_block->threads.size()), true, line);
  return barrier.result;
}

void named_barrier_sync(int id, int threads, Line line) {
  Unobserved scope;
  check_named("named_barrier_sync", id, threads, line);
  arrive(id, threads, true, line);
}

void named_barrier_arrive(int id, int threads, Line line) {
  Unobserved scope;
  check_named("named_barrier_arrive", id, threads, line);
  arrive(id, threads, false, line);
}

}  // namespace medley::kernels::cuda::emulator
