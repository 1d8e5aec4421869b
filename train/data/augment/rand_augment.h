// RandAugment (Cubuk et al. 2020) as BLIP's pre-training uses it: two operations of ten, strength 5
// of 10, where Brightness and Sharpness change nothing. The bytes are those of the original with
// OpenCV 4.
#pragma once

#include <array>

#include "core/philox.h"
#include "train/data/dataset.h"

namespace medley::train {

enum class RandOp {
  identity,
  autocontrast,
  equalize,
  brightness,  // value: factor
  sharpness,   // value: factor; 0 is blurred, 1 unchanged
  shear_x,     // value: slope
  shear_y,
  translate_x,  // value: pixels to the left
  translate_y,  // value: pixels up
  rotate        // value: degrees against the clock
};
void apply(RandOp op, Image& image, double value, bool plain_autocontrast);

// Two operations, drawn with replacement, each applied with probability 1/2.
void rand_augment(Image& image, Random& random, bool plain_autocontrast);

// Stretches each channel to 0..255. The original negates an unsigned byte on the way, so that a
// channel whose smallest value is above 0 becomes 255 everywhere; `plain` does what was meant.
void autocontrast(Image& image, bool plain);
// Evens out each channel's histogram, as Pillow's ImageOps.equalize.
void equalize(Image& image);
// Scales all values by factor, clipped.
void brightness(Image& image, double factor);
// Away from (factor above 1) or towards (below) a smoothed picture; the border stays. As in the
// original, values beyond 0..255 wrap round.
void sharpness(Image& image, double factor);
// Moves pixel (x, y) to (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]); the rest is grey 128.
void warp_image(Image& image, const std::array<double, 6>& m);

}  // namespace medley::train
