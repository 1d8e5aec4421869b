// Geometry of the `affine` augmentation: zoom, turn, shear, shift and an elastic net, bilinear, for
// pictures of which the corner shows the ground.
#pragma once

#include "core/philox.h"
#include "train/data/augment/elastic_net.h"
#include "train/data/augment/texels.h"

namespace medley::train {

// Where a pixel's value comes from, in coordinates from -1 to 1 over the picture's edges:
// x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y + m[5].
struct AffineMap {
  float m[6] = {1, 0, 0, 0, 1, 0};
};

// strength 1: turns of up to 0.2 radians, zoom by e^0.25, width to height by e^0.24, shear 0.1,
// shift by 0.15 of half the side.
AffineMap draw_affine_map(double strength, Random& random);
// In place: planes [3, side, side]. What lies outside has the colour of pixel (0, 0). texels is
// scratch of the same side. The net's shifts are in parts of the side.
void apply_affine(const AffineMap& map, ElasticNet& net, Texels& texels, float* planes);

}  // namespace medley::train
