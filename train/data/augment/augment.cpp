// The order of the changes: ground, geometry, lines, colour, cut-out.
#include "train/data/augment/augment.h"

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"
#include "train/data/augment/affine.h"
#include "train/data/augment/colour.h"
#include "train/data/augment/rand_augment.h"
#include "train/data/augment/random_crop.h"
#include "train/data/augment/texture.h"
#include "train/data/picture.h"
#include "train/data/resize.h"

namespace medley::train {

Augmenter::Augmenter(const AugmentConfig& config, int64_t side)
    : config_(config), side_(side), texels_(side) {
  if (config.kind != "none" && config.kind != "affine" && config.kind != "blip")
    throw ConfigError(str("augment.kind is '", config.kind, "'",
                          did_you_mean(config.kind, {"none", "affine", "blip"})),
                      "it can be none, affine or blip");
}

void Augmenter::apply(const Image& image, Random& random, float* out) {
  if (config_.kind == "blip") {
    Image square = random_resized_crop(image, side_, config_.crop_scale, random);
    if (random.uniform() < 0.5) mirror(square);
    rand_augment(square, random, config_.plain_autocontrast);
    to_planes(square, out);
    return;
  }
  if (image.width == side_ && image.height == side_)
    to_planes(image, out);
  else
    to_planes(resize_bicubic(image, side_, side_), out);
  if (config_.kind == "affine") affine(random, out);
}

void Augmenter::affine(Random& random, float* planes) {
  auto chance = [&](double probability) {
    return probability > 0 && random.uniform() < probability;
  };
  if (chance(config_.ground)) {
    std::array<float, 3> colour;
    for (float& c : colour) c = static_cast<float>(random.uniform());
    recolour_ground(planes, side_, colour);
  }
  if (config_.strength > 0 || config_.warp > 0) {
    const AffineMap map = draw_affine_map(config_.strength, random);
    ElasticNet net(config_.warp, random);
    apply_affine(map, net, texels_, planes);
  }
  if (chance(config_.bold))
    spread_extreme(planes, side_, true);
  else if (chance(config_.bold))
    spread_extreme(planes, side_, false);
  if (chance(config_.blur)) blur(planes, side_);
  if (changes_colour(config_))
    apply_colour(draw_colour_map(config_, random), planes, side_ * side_);
  if (chance(config_.cutout)) cut_out(planes, side_, random);
}

}  // namespace medley::train
