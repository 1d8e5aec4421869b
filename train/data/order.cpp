// The shuffle of Fisher and Yates, keyed by seed and pass.
#include "train/data/order.h"

#include <limits>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/philox.h"
#include "core/str.h"

namespace medley::train {

Order shuffled_order(int64_t count, uint64_t seed, uint64_t pass) {
  Order order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0u);
  Random random(seed, Purpose::shuffle, pass);
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<uint32_t>(i))]);
  return order;
}

BatchOrder::BatchOrder(int64_t count, int64_t batch, uint64_t seed)
    : count_(count), batch_(batch), steps_per_pass_(batch > 0 ? count / batch : 0), seed_(seed) {
  if (batch < 1) throw ConfigError(str("train.batch_size is ", batch, " but must be at least 1"));
  if (batch > count)
    throw ConfigError(str("train.batch_size is ", batch, " but the data set has only ", count,
                          count == 1 ? " pair" : " pairs"),
                      str("make the batch ", count, " or smaller, or give more data"));
  if (count > std::numeric_limits<uint32_t>::max())
    throw ConfigError(str("a data set of ", count, " pairs: at most 4294967295 are supported"));
}

std::shared_ptr<const Order> BatchOrder::order_of(int64_t pass) const {
  const std::lock_guard lock(mutex_);
  if (pass != kept_pass_) {
    kept_ =
        std::make_shared<const Order>(shuffled_order(count_, seed_, static_cast<uint64_t>(pass)));
    kept_pass_ = pass;
  }
  return kept_;
}

std::vector<int64_t> BatchOrder::samples(int64_t step) const {
  const auto order = order_of(step / steps_per_pass_);
  const auto begin = order->begin() + step % steps_per_pass_ * batch_;
  return {begin, begin + batch_};
}

}  // namespace medley::train
