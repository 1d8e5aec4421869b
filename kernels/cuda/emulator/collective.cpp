#include "kernels/cuda/emulator/collective.h"

#include <cstring>

#include "core/str.h"
#include "kernels/cuda/emulator/report.h"

namespace medley::kernels::cuda::emulator {
namespace {

std::string place(const Thread& thread) {
  return str(thread.operation, " (", thread.line, ", mask ", hex(thread.mask), ")");
}

}  // namespace

bool arrive_at_warp_operation(const char* operation, unsigned mask, void* slot, Line line) {
  Block& block = *running_block;
  Thread& me = *running_thread;
  me.operation = operation;
  me.line = line;
  me.mask = mask;
  me.slot = slot;
  const int first = me.warp() * kWarpSize;
  if ((mask >> me.lane() & 1) == 0)
    fail(line, str(operation, ": the calling lane is not in the mask ", hex(mask)));
  unsigned& arrived = block.arrived[static_cast<size_t>(me.warp())];
  arrived |= 1u << me.lane();
  if ((arrived & mask) != mask) return false;

  for (int lane = 0; lane < kWarpSize; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    const Thread& other = block.threads[static_cast<size_t>(first + lane)];
    if (std::strcmp(other.operation, operation) != 0 || !same(other.line, line))
      fail(line, str("lanes of one warp meet at different operations: lane ", me.lane(), " at ",
                     place(me), ", lane ", lane, " at ", place(other)));
    if (other.mask != mask)
      fail(line, str(operation, ": lanes disagree about the mask: lane ", me.lane(), " gives ",
                     hex(mask), ", lane ", lane, " gives ", hex(other.mask)));
  }
  return true;
}

void release_warp(unsigned mask) {
  Block& block = *running_block;
  const int warp = running_thread->warp();
  block.arrived[static_cast<size_t>(warp)] &= ~mask;
  ++block.counters.warp_operations;
  if (mask == kFullMask) block.accesses[static_cast<size_t>(warp)].settle(block.counters);
  for (int lane = 0; lane < kWarpSize; ++lane)
    if ((mask >> lane & 1) != 0)
      block.set_ready(block.threads[static_cast<size_t>(warp * kWarpSize + lane)]);
}

void warp_barrier(unsigned mask, Line line) {
  Unobserved scope;
  Meeting& meeting = running_block->warp_meetings[{running_thread->warp(), mask}];
  void* const place = meeting.arrive();
  struct {
  } nothing;
  warp_operation("__syncwarp", mask, nothing, line, [&](const auto&) { meeting.complete(); });
  acquire(place);
}

}  // namespace medley::kernels::cuda::emulator
