// The batches of a run on their way from the loader to the device.
#pragma once

#include <exception>
#include <functional>
#include <optional>

#include "models/batch.h"
#include "train/loop/upload.h"

namespace medley::train {

class BatchFeed {
 public:
  using Source = std::function<models::Batch()>;
  BatchFeed(Source source, Device device);

  struct Item {
    models::Batch batch;  // on the CPU
    Tensor images;        // on the device; on a GPU until release()
  };
  Item next();
  // The device has been given all its work with the last item.
  void release();
  // For a GPU, while it computes: asks the source for the next batch, and has its pictures copied.
  // What the source throws is thrown by next().
  void prefetch();

 private:
  Source source_;
  std::optional<PictureUpload> upload_;  // to a GPU
  std::optional<models::Batch> ahead_;
  std::exception_ptr error_;
};

}  // namespace medley::train
