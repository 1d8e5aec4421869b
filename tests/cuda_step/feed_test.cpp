// Batches on their way to a device: what arrives, in what order, and what the source throws.
#include "train/loop/feed.h"

#include "core/error.h"
#include "tests/cuda/support.h"

namespace medley::train {
namespace {

using medley::tests::kCuda;
using medley::tests::no_device;

// Batch i has i + 1 pictures of the value i.
models::Batch numbered(int64_t i) {
  models::Batch batch;
  const std::vector<float> values(static_cast<size_t>((i + 1) * 12), static_cast<float>(i));
  batch.images = Tensor::from(values, {i + 1, 3, 2, 2});
  batch.samples = {i};
  return batch;
}

TEST_CASE("feed: batches arrive in order, fetched ahead or not", "[cuda_step]") {
  if (no_device()) return;
  int64_t asked = 0;
  BatchFeed feed([&] { return numbered(asked++ % 3); }, kCuda);
  for (int64_t i = 0; i < 9; ++i) {
    const BatchFeed::Item item = feed.next();
    CHECK(asked == i + 1);  // of those before, none twice
    CHECK(item.batch.samples == std::vector<int64_t>{i % 3});
    CHECK(item.images.device() == kCuda);
    if (i % 4 != 0) {
      feed.prefetch();
      feed.prefetch();  // once is enough
      CHECK(asked == i + 2);
    }
    // What was received stays while the next one is copied.
    CHECK(item.images.to_vector<float>() == item.batch.images.to_vector<float>());
    feed.release();
  }
}

TEST_CASE("feed: what the source throws comes with the batch that it is about", "[cuda_step]") {
  if (no_device()) return;
  int64_t asked = 0;
  BatchFeed feed(
      [&] {
        if (asked == 1) throw DataError("batch 1 is damaged");
        return numbered(asked++);
      },
      kCuda);
  feed.next();
  feed.release();
  CHECK_NOTHROW(feed.prefetch());
  CHECK_THROWS_AS(feed.next(), DataError);
}

}  // namespace
}  // namespace medley::train
