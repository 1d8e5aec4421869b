// Pictures as the model takes them: planes of floats, normalised.
#pragma once

#include <cstdint>

#include "models/vision/pixels.h"
#include "train/data/dataset.h"

namespace medley::train {

using models::kPictureMean;
using models::kPictureStd;

// out [3, height, width]: values 0..1.
void to_planes(const Image& image, float* out);
// In place: [3, pixels].
void normalise_planes(float* planes, int64_t pixels);
// Squashed to side x side (no crop, as BLIP's evaluation) and normalised: out [3, side, side].
void prepare_picture(const Image& image, int64_t side, float* out);

}  // namespace medley::train
