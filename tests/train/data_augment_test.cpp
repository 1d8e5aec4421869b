// The `affine` augmentation: geometry against PyTorch, colour, texture, and what must not change.
#include <cmath>

#include "tests/train/data_support.h"
#include "train/data/augment/affine.h"
#include "train/data/augment/augment.h"
#include "train/data/augment/colour.h"
#include "train/data/augment/texture.h"
#include "train/data/picture.h"

namespace medley::train {
namespace {

std::vector<float> floats(const Json& list) {
  std::vector<float> values;
  for (const Json& item : list.items()) values.push_back(static_cast<float>(item.number()));
  return values;
}

Image noise(int64_t side) {
  Image image{side, side, {}};
  Random random(9, Purpose::test);
  for (int64_t i = 0; i < side * side * 3; ++i)
    image.rgb.push_back(static_cast<uint8_t>(random.below(256)));
  return image;
}

std::vector<float> augmented(const AugmentConfig& config, const Image& image, uint64_t step = 0,
                             uint32_t sample = 0) {
  Augmenter augmenter(config, image.width);
  std::vector<float> out(image.rgb.size(), NAN);
  Random random(1, Purpose::augment, step, sample);
  augmenter.apply(image, random, out.data());
  return out;
}

AugmentConfig quiet() {
  AugmentConfig config;
  config.strength = 0;
  return config;
}

TEST_CASE("the affine map samples as PyTorch's grid_sample") {
  for (const Json& item : data_goldens().at("grid_sample").items()) {
    std::vector<float> planes = floats(item.at("from"));
    const std::vector<float> want = floats(item.at("to")), map_values = floats(item.at("map"));
    AffineMap map;
    std::copy(map_values.begin(), map_values.end(), map.m);
    ElasticNet still;
    Texels texels(item.at("side").integer());
    apply_affine(map, still, texels, planes.data());
    for (size_t i = 0; i < want.size(); ++i) REQUIRE(planes[i] == Approx(want[i]).margin(2e-6));
  }
}

TEST_CASE("strength 0 changes nothing") {
  const Image image = noise(13);
  std::vector<float> plain(image.rgb.size());
  to_planes(image, plain.data());
  CHECK(augmented(quiet(), image) == plain);
  AugmentConfig none;
  none.kind = "none";
  CHECK(augmented(none, image) == plain);
  const AffineMap map = [] {
    Random random(1, Purpose::test);
    return draw_affine_map(0, random);
  }();
  const float identity[6] = {1, 0, 0, 0, 1, 0};
  CHECK(std::equal(map.m, map.m + 6, identity));
}

TEST_CASE("augmentation depends on step and sample alone and stays between 0 and 1") {
  AugmentConfig config;
  config.strength = config.colour = 1;
  config.ground = config.bold = config.blur = config.grey = config.invert = config.cutout = 0.3;
  config.warp = 0.05;
  config.hue = 2;
  const Image image = noise(16);
  for (uint32_t sample = 0; sample < 30; ++sample) {
    const std::vector<float> out = augmented(config, image, 3, sample);
    CHECK(out == augmented(config, image, 3, sample));
    CHECK(out != augmented(config, image, 4, sample));
    CHECK(out != augmented(config, image, 3, sample + 1));
    for (const float value : out) REQUIRE((value >= 0 && value <= 1));
  }
}

TEST_CASE("affine maps stay within the range of their strength") {
  Random random(2, Purpose::test);
  double largest = 0;
  for (int i = 0; i < 2000; ++i) {
    const AffineMap map = draw_affine_map(0.5, random);
    CHECK(std::abs(map.m[2]) <= 0.075 + 1e-6);
    CHECK(std::abs(map.m[5]) <= 0.075 + 1e-6);
    CHECK(map.m[0] <= std::exp(0.125 + 0.06) + 1e-6);
    CHECK(map.m[0] >= std::exp(-0.125 - 0.06) * std::cos(0.1) - 1e-6);
    largest = std::max<double>(largest, map.m[2]);
  }
  CHECK(largest > 0.07);
}

TEST_CASE("colour: grey takes colour away, a hue turn keeps greys, the negative is its own") {
  const Image image = noise(6);
  AugmentConfig config = quiet();
  config.grey = 1;
  const std::vector<float> grey = augmented(config, image);
  for (size_t i = 0; i < 36; ++i) {
    const double mean = (image.rgb[3 * i] + image.rgb[3 * i + 1] + image.rgb[3 * i + 2]) / 765.0;
    for (size_t c = 0; c < 3; ++c) CHECK(grey[c * 36 + i] == Approx(mean).margin(1e-5));
  }
  config = quiet();
  config.hue = 3;
  Image flat{2, 2, std::vector<uint8_t>(12, 120)};
  for (const float value : augmented(config, flat)) CHECK(value == Approx(120 / 255.0));
  CHECK(augmented(config, image) != augmented(quiet(), image));
  config = quiet();
  config.invert = 1;
  const std::vector<float> negative = augmented(config, image), plain = augmented(quiet(), image);
  for (size_t i = 0; i < plain.size(); ++i) CHECK(negative[i] == Approx(1 - plain[i]).margin(1e-6));
}

TEST_CASE("colour changes follow saturation, contrast, brightness, tint") {
  AugmentConfig config;
  config.strength = config.colour = 1;
  Random random(4, Purpose::test), same(4, Purpose::test);
  const ColourMap map = draw_colour_map(config, random);
  const double saturation = 1 + same.uniform(-0.6, 0.6), contrast = 1 + same.uniform(-0.5, 0.5);
  const double brightness = same.uniform(-0.2, 0.2);
  std::vector<float> planes{0.4f, 0.6f, 0.35f};
  const double mean = (0.4 + 0.6 + 0.35) / 3;
  double want[3];
  for (int c = 0; c < 3; ++c) {
    const double coloured = mean + (planes[static_cast<size_t>(c)] - mean) * saturation;
    const double tint = 0.06 * same.normal();
    want[c] = std::clamp((coloured - 0.5) * contrast + 0.5 + brightness + tint, 0.0, 1.0);
  }
  apply_colour(map, planes.data(), 1);
  for (int c = 0; c < 3; ++c) CHECK(planes[static_cast<size_t>(c)] == Approx(want[c]).margin(1e-6));
}

TEST_CASE("only the white that touches the border is ground") {
  std::vector<float> planes(3 * 25, 1.0f);
  for (int c = 0; c < 3; ++c)
    for (const size_t at : {6u, 7u, 8u, 11u, 13u, 16u, 17u, 18u})
      planes[static_cast<size_t>(c) * 25 + at] = 0.1f;  // a ring around the middle pixel
  recolour_ground(planes.data(), 5, {0.2f, 0.3f, 0.4f});
  CHECK(planes[12] == 1.0f);
  CHECK(planes[6] == 0.1f);
  int ground = 0;
  for (size_t i = 0; i < 25; ++i)
    ground += planes[i] == 0.2f && planes[25 + i] == 0.3f && planes[50 + i] == 0.4f;
  CHECK(ground == 16);
}

TEST_CASE("texture: minimum, maximum, blur, cut-out") {
  std::vector<float> dot(3 * 25, 1.0f);
  dot[12] = 0.0f;
  std::vector<float> dark = dot, light = dot, soft = dot;
  spread_extreme(dark.data(), 5, true);
  spread_extreme(light.data(), 5, false);
  blur(soft.data(), 5);
  CHECK(std::count(dark.begin(), dark.begin() + 25, 0.0f) == 9);
  CHECK(std::count(light.begin(), light.end(), 1.0f) == 75);
  CHECK(soft[12] == 0.75f);
  CHECK(soft[11] == 0.875f);
  CHECK(soft[6] == 0.9375f);
  CHECK(soft[0] == 1.0f);
  for (int i = 0; i < 50; ++i) {
    std::vector<float> planes(3 * 400, 0.5f);
    planes[0] = planes[400] = planes[800] = 0.25f;
    Random random(1, Purpose::test, 0, static_cast<uint32_t>(i));
    cut_out(planes.data(), 20, random);
    const auto covered = std::count(planes.begin(), planes.begin() + 400, 0.25f);
    CHECK(covered >= 4);
    CHECK(covered <= 37);
  }
  std::vector<float> one{0.5f, 0.5f, 0.5f};
  blur(one.data(), 1);
  CHECK(one[0] == 0.5f);
}

TEST_CASE("an unknown kind of augmentation is refused") {
  AugmentConfig config;
  config.kind = "afine";
  CHECK(message_of<ConfigError>([&] {
          Augmenter augmenter(config, 8);
        }).find("did you mean 'affine'") != std::string::npos);
}

}  // namespace
}  // namespace medley::train
