// Shuffles and votes: a lane reads what another one of its warp holds (PTX ISA, shfl.sync and
// vote.sync). Reading a lane outside the mask is a bug that is reported.
#pragma once

#include <type_traits>

#include "kernels/cuda/emulator/collective.h"

namespace medley::kernels::cuda::emulator {

template <class T>
concept Shuffled = std::is_arithmetic_v<T> &&(sizeof(T) == 4 || sizeof(T) == 8);

enum class ShuffleMode { index, up, down, exclusive_or };

// The lane that `lane` reads; itself where the other one is not in its segment of `width` lanes.
constexpr int shuffle_source(ShuffleMode mode, int lane, int operand, int width) {
  const int first = lane & ~(width - 1), last = lane | (width - 1);
  int source = first | (operand & (width - 1));
  if (mode == ShuffleMode::up) source = lane - operand;
  if (mode == ShuffleMode::down) source = lane + operand;
  if (mode == ShuffleMode::exclusive_or) source = lane ^ operand;
  const bool below = mode == ShuffleMode::up && source < first;
  return below || source > last ? lane : source;
}

[[noreturn]] void fail_lane_outside_mask(const char* operation, unsigned mask, int lane, int source,
                                         Line line);

template <Shuffled T>
T shuffle(const char* operation, ShuffleMode mode, unsigned mask, T value, int operand, int width,
          Line line) {
  struct Slot {
    T in;
    int operand;
    T out;
  } slot{value, operand, value};
  warp_operation(operation, mask, slot, line, [&](const Lanes<Slot>& lanes) {
    for (int lane = 0; lane < kWarpSize; ++lane) {
      if ((mask >> lane & 1) == 0) continue;
      const int source = shuffle_source(mode, lane, lanes[lane].operand, width);
      if ((mask >> source & 1) == 0) fail_lane_outside_mask(operation, mask, lane, source, line);
      lanes[lane].out = lanes[source].in;
    }
  });
  return slot.out;
}

// A bit for each lane of the mask: whether its predicate is true.
unsigned ballot(const char* operation, unsigned mask, bool predicate, Line line);

}  // namespace medley::kernels::cuda::emulator
