// Fetches ahead for a GPU.
#include "train/loop/feed.h"

#include <utility>

namespace medley::train {

BatchFeed::BatchFeed(Source source, Device device) : source_(std::move(source)) {
  if (device.kind == Device::Cuda) upload_.emplace(device);
}

void BatchFeed::prefetch() {
  if (!upload_ || ahead_ || error_) return;
  try {
    ahead_ = source_();
    upload_->send(ahead_->images);
  } catch (...) {
    ahead_.reset();
    error_ = std::current_exception();
  }
}

BatchFeed::Item BatchFeed::next() {
  if (!upload_) {
    models::Batch batch = source_();
    return {batch, batch.images};
  }
  prefetch();
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  models::Batch batch = *std::exchange(ahead_, std::nullopt);
  return {std::move(batch), upload_->receive()};
}

void BatchFeed::release() {
  if (upload_) upload_->release();
}

}  // namespace medley::train
