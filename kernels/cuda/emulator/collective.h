// Operations in which the lanes of a warp take part together. The lanes of the mask meet; the last
// one to arrive runs the model for all of them. Lanes that meet at different operations, or
// disagree about the mask, are a bug that is reported.
#pragma once

#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/line.h"

namespace medley::kernels::cuda::emulator {

inline constexpr unsigned kFullMask = ~0u;

// True for the last lane of the mask, which then runs the model and releases the others.
bool arrive_at_warp_operation(const char* operation, unsigned mask, void* slot, Line line);
void release_warp(unsigned mask);

// The operands and results of the lanes that met.
template <class Slot>
class Lanes {
 public:
  explicit Lanes(Thread* first) : first_(first) {}
  Slot& operator[](int lane) const { return *static_cast<Slot*>(first_[lane].slot); }

 private:
  Thread* first_;
};

template <class Slot, class Model>
void warp_operation(const char* operation, unsigned mask, Slot& slot, Line line, Model model) {
  Unobserved scope;
  if (!arrive_at_warp_operation(operation, mask, &slot, line)) {
    running_block->wait();
    return;
  }
  const Thread& thread = *running_thread;
  model(Lanes<Slot>(running_block->threads.data() + thread.warp() * kWarpSize));
  release_warp(mask);
}

// The only warp operation that orders memory among its lanes.
void warp_barrier(unsigned mask, Line line);

}  // namespace medley::kernels::cuda::emulator
