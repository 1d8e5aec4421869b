// Batches in an order that depends on the seed alone. Worker threads decode, augment and tokenise
// ahead; which one does what changes nothing. Seeking to a step costs one permutation. A loader's
// step is one batch: an optimizer step may take several.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "models/batch.h"
#include "models/text/tokenizer.h"
#include "train/data/dataset.h"
#include "train/data/example.h"

namespace medley::train {

struct AugmentConfig {
  // none: resized only. affine: what small models need, no mirror since captions say left and
  // right. blip: the original's random crop, mirror and RandAugment(2, 5).
  std::string kind = "affine";
  double strength = 0.3;  // affine: of zoom, shift, shear and turn; 0: none
  double colour = 0.25;   // affine: share of it that saturation, contrast, brightness, tint take
  // Further changes of affine, each independent of strength; 0: none.
  double ground = 0;  // probability of another colour for the white ground
  double warp = 0;    // largest shift of the knots of an elastic net, in parts of the side
  double bold = 0;    // probability of thicker dark lines (3x3 minimum), and of thinner (maximum)
  double blur = 0;    // probability of a 3x3 binomial blur
  double hue = 0;     // largest turn of the hue, radians
  double grey = 0;    // probability of no colour
  double invert = 0;  // probability of the negative
  double cutout = 0;  // probability that a square of up to a third of the side is covered

  double crop_scale = 0.2;          // blip: smallest part of the picture's area that is kept
  bool plain_autocontrast = false;  // blip: what AutoContrast was meant to do (rand_augment.h)
};

struct LoaderConfig {
  int64_t batch_size = 64;
  int64_t image_size = 48;
  TextConfig text;
  AugmentConfig augment;
  // Pictures that may be bad: another row stands in (bad_pictures.h). Below 0: the data set's own.
  double max_bad = -1;
  uint64_t seed = 1;
  int workers = 1;       // 0: next() does the work itself
  bool pinned = false;   // pictures lie where a GPU copies them from (Tensor::pinned)
  int64_t prefetch = 4;  // batches kept ready
};

class Loader {
 public:
  // Full batches only; each pass over the data is a new permutation. Throws ConfigError when the
  // batch is larger than the data set. Data set and tokenizer must outlive the loader.
  Loader(const Dataset& dataset, const models::Tokenizer& tokenizer, const LoaderConfig& config,
         int64_t first_step);
  ~Loader();
  // The batch of the next step. Rethrows what a worker met; calling again meets it again.
  models::Batch next();
  // What is wrong with each bad picture that was met and left out, by its number in the data set.
  std::map<int64_t, std::string> bad_pictures() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace medley::train
