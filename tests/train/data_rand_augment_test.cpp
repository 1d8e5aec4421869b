// The `blip` augmentation: crop, mirror, RandAugment, against OpenCV, Pillow and the original.
#include <cmath>

#include "tests/train/data_support.h"
#include "train/data/augment/augment.h"
#include "train/data/augment/rand_augment.h"
#include "train/data/augment/random_crop.h"

namespace medley::train {
namespace {

const Json& goldens() { return data_goldens().at("rand_augment"); }

TEST_CASE("warps give OpenCV's bytes") {
  for (const Json& item : goldens().at("warps").items()) {
    CAPTURE(item.at("name").text());
    std::array<double, 6> matrix;
    for (size_t i = 0; i < 6; ++i) matrix[i] = item.at("matrix").items()[i].number();
    Image image = golden_image(goldens().at("from"));
    warp_image(image, matrix);
    CHECK(same_image(image, golden_image(item.at("to"))));
  }
}

TEST_CASE("autocontrast as the original does it and as it was meant") {
  Image image = golden_image(goldens().at("from")), plain = image;
  autocontrast(image, false);
  CHECK(same_image(image, golden_image(goldens().at("autocontrast"))));
  autocontrast(plain, true);
  CHECK(same_image(plain, golden_image(goldens().at("plain_autocontrast"))));
  CHECK_FALSE(same_image(plain, image));
  Image flat{3, 2, std::vector<uint8_t>(18, 9)};
  autocontrast(flat, false);
  CHECK(flat.rgb == std::vector<uint8_t>(18, 9));
}

TEST_CASE("equalize gives Pillow's bytes") {
  Image image = golden_image(goldens().at("large"));
  equalize(image);
  CHECK(same_image(image, golden_image(goldens().at("equalize"))));
  Image small = golden_image(goldens().at("from")), same = small;
  small.rgb.resize(30);  // fewer than 255 pixels: nothing to even out
  same.rgb.resize(30);
  equalize(small);
  CHECK(small.rgb == same.rgb);
}

TEST_CASE("crops are boxes inside the picture, of the scale and ratio asked for") {
  Random random(3, Purpose::test);
  for (int i = 0; i < 2000; ++i) {
    const int64_t width = 1 + random.below(90), height = 1 + random.below(90);
    const CropBox box = choose_crop(width, height, 0.2, random);
    REQUIRE((box.left >= 0 && box.top >= 0 && box.width > 0 && box.height > 0));
    REQUIRE(box.left + box.width <= width);
    REQUIRE(box.top + box.height <= height);
    if (width < 40 || height < 40) continue;
    const double ratio = double(box.width) / double(box.height);
    REQUIRE(ratio > 0.75 * 0.93);
    REQUIRE(ratio < 4.0 / 3 * 1.07);
    REQUIRE(double(box.width * box.height) >
            0.17 * double(std::min(width, height)) * double(std::min(width, height)));
  }
  Random sliver(3, Purpose::test);
  const CropBox wide = choose_crop(500, 3, 0.9, sliver);  // no try fits
  CHECK(wide.width == 4);
  CHECK(wide.height == 3);
  CHECK(wide.left == 248);
}

TEST_CASE("a crop follows the numbers that it is given") {
  size_t next = 0;
  const double between[] = {0.5, std::log(1.25)};
  std::vector<int64_t> asked;
  const CropBox box = choose_crop(
      64, 48, 0.2, [&](double, double) { return between[next++]; },
      [&](int64_t n) { return asked.push_back(n), n - 1; });
  CHECK(box.width == std::lround(std::sqrt(64 * 48 * 0.5 * 1.25)));
  CHECK(box.height == std::lround(std::sqrt(64 * 48 * 0.5 / 1.25)));
  CHECK(asked == std::vector<int64_t>{48 - box.height + 1, 64 - box.width + 1});
  CHECK(box.left == 64 - box.width);
}

TEST_CASE("a mirror turns rows around") {
  Image image{3, 1, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
  mirror(image);
  CHECK(image.rgb == std::vector<uint8_t>{7, 8, 9, 4, 5, 6, 1, 2, 3});
}

TEST_CASE("the blip augmentation: any picture size, the same numbers, the same picture") {
  AugmentConfig config;
  config.kind = "blip";
  Augmenter augmenter(config, 24);
  const Image large = golden_image(goldens().at("large"));
  std::vector<float> first(3 * 24 * 24), second(first.size());
  int different = 0;
  std::vector<float> last;
  for (uint32_t sample = 0; sample < 40; ++sample) {
    Random one(1, Purpose::augment, 0, sample), two(1, Purpose::augment, 0, sample);
    augmenter.apply(large, one, first.data());
    augmenter.apply(large, two, second.data());
    CHECK(first == second);
    for (const float value : first) REQUIRE((value >= 0 && value <= 1));
    different += first != last;
    last = first;
  }
  CHECK(different == 40);
}

}  // namespace
}  // namespace medley::train
