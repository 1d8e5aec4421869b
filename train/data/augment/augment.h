// From a decoded picture to planes of floats, changed at random as the configuration says.
#pragma once

#include "core/philox.h"
#include "train/data/augment/texels.h"
#include "train/data/loader.h"

namespace medley::train {

// Holds scratch memory: one a thread.
class Augmenter {
 public:
  Augmenter(const AugmentConfig& config, int64_t side);  // throws ConfigError
  // out [3, side, side], values 0..1, not normalised. The same numbers give the same planes.
  void apply(const Image& image, Random& random, float* out);

 private:
  void affine(Random& random, float* planes);

  AugmentConfig config_;
  int64_t side_;
  Texels texels_;
};

}  // namespace medley::train
