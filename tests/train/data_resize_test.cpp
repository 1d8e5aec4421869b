// Bicubic resizing against Pillow's bytes.
#include "tests/train/data_support.h"
#include "train/data/picture.h"
#include "train/data/resize.h"

namespace medley::train {
namespace {

TEST_CASE("resizing gives Pillow's bytes") {
  for (const Json& item : data_goldens().at("resize").items()) {
    const Image from = golden_image(item.at("from")), to = golden_image(item.at("to"));
    CAPTURE(from.width, from.height, to.width, to.height);
    CHECK(same_image(resize_bicubic(from, to.width, to.height), to));
  }
}

TEST_CASE("sizes that make no sense are refused") {
  const Image image{2, 2, std::vector<uint8_t>(12, 7)};
  CHECK_THROWS_AS(resize_bicubic(image, 0, 3), ValueError);
  CHECK_THROWS_AS(resize_bicubic(image, 3, -1), ValueError);
  CHECK_THROWS_AS(crop(image, 1, 0, 2, 1), ValueError);
  CHECK_THROWS_AS(crop(image, 0, 0, 0, 1), ValueError);
  CHECK_THROWS_AS(crop(image, -1, 0, 1, 1), ValueError);
}

TEST_CASE("a crop takes the pixels of its box") {
  Image image{4, 3, std::vector<uint8_t>(36)};
  for (size_t i = 0; i < 36; ++i) image.rgb[i] = static_cast<uint8_t>(i);
  const Image part = crop(image, 1, 1, 2, 2);
  CHECK(part.rgb == std::vector<uint8_t>{15, 16, 17, 18, 19, 20, 27, 28, 29, 30, 31, 32});
}

TEST_CASE("a prepared picture is squashed, in planes, normalised") {
  const Image image{1, 2, {255, 0, 51, 255, 0, 51}};
  std::vector<float> out(3 * 9, NAN);
  prepare_picture(image, 3, out.data());
  const double values[3] = {1, 0, 0.2};
  for (size_t c = 0; c < 3; ++c)
    for (size_t i = 0; i < 9; ++i)
      CHECK(out[c * 9 + i] == Approx((values[c] - kPictureMean[c]) / kPictureStd[c]).epsilon(1e-6));
}

}  // namespace
}  // namespace medley::train
