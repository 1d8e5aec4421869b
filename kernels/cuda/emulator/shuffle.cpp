#include "kernels/cuda/emulator/shuffle.h"

#include "core/str.h"
#include "kernels/cuda/emulator/report.h"

namespace medley::kernels::cuda::emulator {

void fail_lane_outside_mask(const char* operation, unsigned mask, int lane, int source, Line line) {
  fail(line, str(operation, ": lane ", lane, " reads lane ", source, ", which is not in the mask ",
                 hex(mask)));
}

unsigned ballot(const char* operation, unsigned mask, bool predicate, Line line) {
  struct Slot {
    bool in;
    unsigned out;
  } slot{predicate, 0};
  warp_operation(operation, mask, slot, line, [&](const Lanes<Slot>& lanes) {
    unsigned votes = 0;
    for (int lane = 0; lane < kWarpSize; ++lane)
      if ((mask >> lane & 1) != 0 && lanes[lane].in) votes |= 1u << lane;
    for (int lane = 0; lane < kWarpSize; ++lane)
      if ((mask >> lane & 1) != 0) lanes[lane].out = votes;
  });
  return slot.out;
}

}  // namespace medley::kernels::cuda::emulator
