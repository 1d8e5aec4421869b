#include "kernels/cuda/emulator/mbarrier.h"

#include "core/str.h"
#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/memory.h"
#include "kernels/cuda/emulator/report.h"

namespace medley::kernels::cuda::emulator {
namespace {

Mbarrier& find(const char* operation, const void* barrier, Line line) {
  running_thread->operation = operation;
  running_thread->line = line;
  check_shared(operation, barrier, 8, 8, line);
  const auto found = running_block->mbarriers.find(shared_address(barrier));
  if (found == running_block->mbarriers.end())
    fail(line, str(operation, ": there is no mbarrier at byte ", shared_address(barrier),
                   ": mbarrier_init has not run"));
  return found->second;
}

void end_phase_if_complete(Mbarrier& barrier) {
  if (barrier.pending > 0 || barrier.bytes > 0) return;
  ++barrier.phase;
  barrier.meeting.complete();
  barrier.pending = barrier.arrivals;
  Block& block = *running_block;
  ++block.counters.barriers;
  for (Thread& thread : block.threads) {
    if (thread.mbarrier != &barrier) continue;
    thread.mbarrier = nullptr;
    block.set_ready(thread);
  }
}

void arrive(const char* operation, void* memory, unsigned bytes, Line line) {
  observe_read(memory, 8);
  Unobserved scope;
  Mbarrier& barrier = find(operation, memory, line);
  barrier.meeting.arrive();
  barrier.bytes += bytes;
  --barrier.pending;
  end_phase_if_complete(barrier);
}

}  // namespace

void mbarrier_init(void* memory, unsigned arrivals, Line line) {
  {
    Unobserved scope;
    check_shared("mbarrier_init", memory, 8, 8, line);
    if (arrivals == 0) fail(line, "mbarrier_init: a phase of 0 arrivals");
    const auto [place, is_new] = running_block->mbarriers.insert(
        {shared_address(memory), Mbarrier{.arrivals = arrivals, .pending = arrivals}});
    if (!is_new)
      fail(line, str("mbarrier_init: there is an mbarrier at byte ", place->first, " already"));
  }
  observe_write(memory, 8);  // the others may use it after a barrier only
}

void mbarrier_arrive(void* memory, Line line) { arrive("mbarrier_arrive", memory, 0, line); }

void mbarrier_arrive_expect(void* memory, unsigned bytes, Line line) {
  arrive("mbarrier_arrive_expect", memory, bytes, line);
}

void mbarrier_wait(void* memory, unsigned parity, Line line) {
  observe_read(memory, 8);
  Unobserved scope;
  Mbarrier& barrier = find("mbarrier_wait", memory, line);
  if (parity > 1) fail(line, str("mbarrier_wait: a parity is 0 or 1, not ", parity));
  if ((barrier.phase & 1) == parity) {
    running_thread->mbarrier = &barrier;
    running_block->wait();
  }
  acquire(barrier.meeting.place(parity));
}

void mbarrier_join(const char* operation, const void* memory, Line line) {
  observe_read(memory, 8);
  Unobserved scope;
  find(operation, memory, line).meeting.arrive();
}

void mbarrier_complete(unsigned address, unsigned bytes, Line line) {
  Mbarrier& barrier = running_block->mbarriers.at(address);
  barrier.bytes -= bytes;
  if (barrier.bytes < 0)
    fail(line, str("the copy brings ", bytes, " bytes to the mbarrier at byte ", address,
                   ", which expects ", barrier.bytes + bytes,
                   ": mbarrier_arrive_expect announced too few"));
  end_phase_if_complete(barrier);
}

}  // namespace medley::kernels::cuda::emulator
