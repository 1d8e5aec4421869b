// Pictures as the model takes them: planes of floats, normalised with BLIP's mean and deviation
// (those of CLIP: Radford et al. 2021).
#pragma once

#include <array>
#include <cstdint>

#include "train/data/dataset.h"

namespace medley::train {

inline constexpr std::array<float, 3> kPictureMean{0.48145466f, 0.4578275f, 0.40821073f};
inline constexpr std::array<float, 3> kPictureStd{0.26862954f, 0.26130258f, 0.27577711f};

// out [3, height, width]: values 0..1.
void to_planes(const Image& image, float* out);
// In place: [3, pixels].
void normalise_planes(float* planes, int64_t pixels);
// Squashed to side x side (no crop, as BLIP's evaluation) and normalised: out [3, side, side].
void prepare_picture(const Image& image, int64_t side, float* out);

}  // namespace medley::train
