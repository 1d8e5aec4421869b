// Which sample stands where in each pass over the data: a permutation that is a function of (seed,
// pass) alone.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace medley::train {

using Order = std::vector<uint32_t>;

// Fisher-Yates shuffle of 0 .. count-1; `part` tells the parts of a pass apart.
Order shuffled_order(int64_t count, uint64_t seed, uint64_t pass, uint32_t part = 0);

// A data set of several parts, each of which should be read together (Dataset::shards), is not
// shuffled whole: the parts are, and then the rows of so many that follow each other.
inline constexpr size_t kShardsTogether = 4;

// Batches by step: full ones alone, so what is left over of a pass is not seen in it.
class BatchOrder {
 public:
  // Rows of each part. Throws ConfigError unless 1 <= batch <= their sum.
  BatchOrder(std::vector<int64_t> shards, int64_t batch, uint64_t seed);
  // Sample ids of the step's batch, [batch]. Any thread; steps near each other are quick.
  std::vector<int64_t> samples(int64_t step) const;

 private:
  // The rows of kShardsTogether parts in their order, and where in the pass they stand.
  struct Window {
    int64_t pass, begin;
    Order rows;
    int64_t end() const { return begin + static_cast<int64_t>(rows.size()); }
  };
  std::shared_ptr<const Window> make_window(int64_t pass, int64_t place) const;
  std::shared_ptr<const Window> window_at(int64_t pass, int64_t place) const;

  std::vector<int64_t> shards_, begins_;  // rows of each part, and its first row
  int64_t count_ = 0, batch_, steps_per_pass_ = 0;
  uint64_t seed_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Window> kept_[2];  // the last one first
};

}  // namespace medley::train
