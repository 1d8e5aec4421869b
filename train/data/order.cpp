// Shuffles of Fisher and Yates, keyed by seed and pass: of the parts of a data set, and of the rows
// in a window of a few parts. A data set of one part is one window.
#include "train/data/order.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/philox.h"
#include "core/str.h"

namespace medley::train {

Order shuffled_order(int64_t count, uint64_t seed, uint64_t pass, uint32_t part) {
  Order order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0u);
  Random random(seed, Purpose::shuffle, pass, part);
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<uint32_t>(i))]);
  return order;
}

BatchOrder::BatchOrder(std::vector<int64_t> shards, int64_t batch, uint64_t seed)
    : shards_(std::move(shards)), batch_(batch), seed_(seed) {
  for (const int64_t rows : shards_) {
    begins_.push_back(count_);
    count_ += rows;
  }
  if (batch < 1) throw ConfigError(str("train.batch_size is ", batch, " but must be at least 1"));
  if (batch > count_)
    throw ConfigError(str("train.batch_size is ", batch, " but the data set has only ", count_,
                          count_ == 1 ? " pair" : " pairs"),
                      str("make the batch ", count_, " or smaller, or give more data"));
  if (count_ > std::numeric_limits<uint32_t>::max())
    throw ConfigError(str("a data set of ", count_, " pairs: at most 4294967295 are supported"));
  steps_per_pass_ = count_ / batch;
}

// The window that `place` of the pass lies in.
std::shared_ptr<const BatchOrder::Window> BatchOrder::make_window(int64_t pass,
                                                                  int64_t place) const {
  const auto key = static_cast<uint64_t>(pass);
  const size_t parts = shards_.size();
  // Part numbers of the rows' shuffles begin at 0, so one part alone is what it always was.
  constexpr uint32_t kShardShuffle = std::numeric_limits<uint32_t>::max();
  const Order order = shuffled_order(static_cast<int64_t>(parts), seed_, key, kShardShuffle);
  auto window = std::make_shared<Window>(Window{pass, 0, {}});
  size_t first = 0;
  int64_t rows = 0;
  for (;; first += kShardsTogether, window->begin += rows) {
    rows = 0;
    for (size_t i = first; i < std::min(first + kShardsTogether, parts); ++i)
      rows += shards_[order[i]];
    if (place < window->begin + rows) break;
  }
  Order unshuffled;
  for (size_t i = first; i < std::min(first + kShardsTogether, parts); ++i)
    for (int64_t row = 0; row < shards_[order[i]]; ++row)
      unshuffled.push_back(static_cast<uint32_t>(begins_[order[i]] + row));
  window->rows = shuffled_order(rows, seed_, key, static_cast<uint32_t>(first));
  for (uint32_t& row : window->rows) row = unshuffled[row];
  return window;
}

std::shared_ptr<const BatchOrder::Window> BatchOrder::window_at(int64_t pass, int64_t place) const {
  const std::lock_guard lock(mutex_);
  for (const auto& kept : kept_)
    if (kept && kept->pass == pass && place >= kept->begin && place < kept->end()) return kept;
  kept_[1] = std::move(kept_[0]);
  kept_[0] = make_window(pass, place);
  return kept_[0];
}

std::vector<int64_t> BatchOrder::samples(int64_t step) const {
  const int64_t pass = step / steps_per_pass_;
  const int64_t begin = step % steps_per_pass_ * batch_;
  std::vector<int64_t> samples;
  while (static_cast<int64_t>(samples.size()) < batch_) {
    const int64_t place = begin + static_cast<int64_t>(samples.size());
    const auto window = window_at(pass, place);
    samples.push_back(window->rows[static_cast<size_t>(place - window->begin)]);
  }
  return samples;
}

}  // namespace medley::train
