// What the image tower takes: planes of channels that were 0..1, less a mean, by a deviation. Both
// are CLIP's (Radford et al. 2021), as in the original.
#pragma once

#include <array>

namespace medley::models {

inline constexpr std::array<float, 3> kPictureMean{0.48145466f, 0.4578275f, 0.40821073f};
inline constexpr std::array<float, 3> kPictureStd{0.26862954f, 0.26130258f, 0.27577711f};

}  // namespace medley::models
