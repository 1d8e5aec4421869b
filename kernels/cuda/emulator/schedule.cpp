#include "kernels/cuda/emulator/schedule.h"

#include <bit>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace medley::kernels::cuda::emulator {
namespace {

template <class Sequence>
void shuffle(Sequence& items, Random& random) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

}  // namespace

void Schedule::start(int threads, bool in_order, Random& random) {
  in_order_ = in_order;
  random_ = &random;
  const auto warps = static_cast<size_t>((threads + kWarpSize - 1) / kWarpSize);
  ready_.assign(warps, ~0u);
  if (const int rest = threads % kWarpSize; rest != 0) ready_.back() = (1u << rest) - 1;
  warps_.resize(warps);
  std::iota(warps_.begin(), warps_.end(), 0);
  lanes_.resize(warps);
  for (auto& lanes : lanes_) std::iota(lanes.begin(), lanes.end(), uint8_t{0});
  reorder();
}

void Schedule::set_ready(int thread) {
  ready_[static_cast<size_t>(thread / kWarpSize)] |= 1u << (thread % kWarpSize);
}
void Schedule::set_waiting(int thread) {
  ready_[static_cast<size_t>(thread / kWarpSize)] &= ~(1u << (thread % kWarpSize));
}
bool Schedule::is_ready(int thread) const {
  return (ready_[static_cast<size_t>(thread / kWarpSize)] >> (thread % kWarpSize) & 1) != 0;
}

int Schedule::next() const {
  for (const int warp : warps_) {
    const uint32_t ready = ready_[static_cast<size_t>(warp)];
    if (ready == 0) continue;
    if (in_order_) return warp * kWarpSize + std::countr_zero(ready);
    for (const uint8_t lane : lanes_[static_cast<size_t>(warp)])
      if ((ready >> lane & 1) != 0) return warp * kWarpSize + lane;
  }
  return -1;
}

void Schedule::reorder() {
  if (in_order_) return;
  shuffle(warps_, *random_);
  for (auto& lanes : lanes_) shuffle(lanes, *random_);
}

}  // namespace medley::kernels::cuda::emulator
