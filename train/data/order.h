// Which sample stands where in each pass over the data: a permutation that is a function of (seed,
// pass) alone.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace medley::train {

using Order = std::vector<uint32_t>;

// Fisher-Yates shuffle of 0 .. count-1.
Order shuffled_order(int64_t count, uint64_t seed, uint64_t pass);

// Batches by step: full ones alone, so what is left over of a pass is not seen in it.
class BatchOrder {
 public:
  // Throws ConfigError unless 1 <= batch <= count.
  BatchOrder(int64_t count, int64_t batch, uint64_t seed);
  // Sample ids of the step's batch, [batch]. Any thread; steps near each other are quick.
  std::vector<int64_t> samples(int64_t step) const;

 private:
  std::shared_ptr<const Order> order_of(int64_t pass) const;

  int64_t count_, batch_, steps_per_pass_;
  uint64_t seed_;
  mutable std::mutex mutex_;
  mutable int64_t kept_pass_ = -1;
  mutable std::shared_ptr<const Order> kept_;
};

}  // namespace medley::train
