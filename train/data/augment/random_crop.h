// The crop of RandomResizedCrop (torchvision): a random part of the area with a random ratio of
// width to height, then squashed to a square with bicubic weights.
#pragma once

#include <functional>

#include "core/philox.h"
#include "train/data/dataset.h"

namespace medley::train {

struct CropBox {
  int64_t left, top, width, height;
};

// Ratio between 3/4 and 4/3, area between `scale` and 1 times the picture's; after ten tries that
// do not fit, the largest box in the middle. Numbers come in this order: area factor and log of the
// ratio for each try, then top and left.
CropBox choose_crop(int64_t width, int64_t height, double scale, Random& random);
// ... with the given sources: between(low, high), and below(n) for whole numbers.
CropBox choose_crop(int64_t width, int64_t height, double scale,
                    const std::function<double(double, double)>& between,
                    const std::function<int64_t(int64_t)>& below);
Image random_resized_crop(const Image& image, int64_t side, double scale, Random& random);
void mirror(Image& image);

}  // namespace medley::train
