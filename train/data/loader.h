// Batches in an order that depends on the seed alone. Worker threads decode, augment and pack
// ahead; which one does what changes nothing. Seeking to a step costs one permutation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "models/batch.h"
#include "models/text/tokenizer.h"
#include "train/data/dataset.h"

namespace medley::train {

struct AugmentConfig {
  std::string kind =
      "affine";  // none, affine (small models), blip (crop, flip, RandAugment: not in this version)
  double strength = 0.3;  // of zoom, shift, shear and turn; 0: none
  double colour = 0.25;   // share of it that saturation, contrast, brightness and tint take
};

struct LoaderConfig {
  int64_t batch_size = 64;
  int64_t image_size = 48;
  int64_t max_tokens = 16;
  AugmentConfig augment;
  uint64_t seed = 1;
  int workers = 1;
  int64_t prefetch = 4;  // batches kept ready
};

class Loader {
 public:
  // Full batches only; each pass over the data is a new permutation. Throws ConfigError when the
  // batch is larger than the data set.
  Loader(const Dataset& dataset, const models::Tokenizer& tokenizer, const LoaderConfig& config,
         int64_t first_step);
  ~Loader();
  // The batch of the next step. Rethrows what a worker met.
  models::Batch next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace medley::train
