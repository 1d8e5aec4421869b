// RandAugment (Cubuk et al. 2020) as BLIP's pre-training uses it: two operations of ten, strength 5
// of 10. Brightness and Sharpness change nothing at that strength and are left out; the warps give
// the bytes of OpenCV 4's warpAffine.
#pragma once

#include <array>

#include "core/philox.h"
#include "train/data/dataset.h"

namespace medley::train {

// Two operations, drawn with replacement, each applied with probability 1/2.
void rand_augment(Image& image, Random& random, bool plain_autocontrast);

// Stretches each channel to 0..255. The original negates an unsigned byte on the way, so that a
// channel whose smallest value is above 0 becomes 255 everywhere; `plain` does what was meant.
void autocontrast(Image& image, bool plain);
// Evens out each channel's histogram, as Pillow's ImageOps.equalize.
void equalize(Image& image);
// Moves pixel (x, y) to (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]); the rest is grey 128.
void warp_image(Image& image, const std::array<double, 6>& m);

}  // namespace medley::train
