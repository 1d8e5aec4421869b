// RandAugment's operations, crops and the boxes of RandomResizedCrop (hf/preprocess), byte for
// byte.
#include <map>

#include "tests/catch.h"
#include "tests/oracle/oracle.h"
#include "train/data/augment/rand_augment.h"
#include "train/data/augment/random_crop.h"
#include "train/data/decode.h"
#include "train/data/resize.h"

namespace medley::oracle {
namespace {

using train::Image;
using train::RandOp;

// A [H, W, 3] tensor of bytes.
Image from_tensor(const Tensor& t) { return {t.size(1), t.size(0), t.to_vector<uint8_t>()}; }

TEST_CASE("augment: every recorded operation") {
  const std::map<std::string, RandOp> ops{
      {"Identity", RandOp::identity},      {"AutoContrast", RandOp::autocontrast},
      {"Equalize", RandOp::equalize},      {"Brightness", RandOp::brightness},
      {"Sharpness", RandOp::sharpness},    {"ShearX", RandOp::shear_x},
      {"ShearY", RandOp::shear_y},         {"TranslateX", RandOp::translate_x},
      {"TranslateY", RandOp::translate_y}, {"Rotate", RandOp::rotate}};
  const Tensors tensors("hf/preprocess/augment.safetensors");
  const Json file = read_json("hf/preprocess/augment.json");
  REQUIRE(!file.at("cases").empty());
  for (const Json& c : file.at("cases")) {
    const auto name = c.at("tensor").get<std::string>();
    INFO(name);
    Image image = from_tensor(tensors.at("input." + c.at("image").get<std::string>()));
    const double value = c.at("value").is_null() ? 0 : c.at("value").get<double>();
    train::apply(ops.at(c.at("op")), image, value, /*plain_autocontrast=*/false);
    CHECK(image.rgb == tensors.at(name).to_vector<uint8_t>());
  }
}

TEST_CASE("augment: crops and their resizing") {
  const Tensors tensors("hf/preprocess/tensors.safetensors");
  const Json file = read_json("hf/preprocess/index.json");
  REQUIRE(!file.at("crops").empty());
  for (const Json& c : file.at("crops")) {
    const auto name = c.at("tensor").get<std::string>();
    INFO(name);
    const Image picture =
        train::read_image(path("hf/preprocess/images/" + c.at("image").get<std::string>()));
    const int64_t side = c.at("size");
    const Image part =
        train::crop(picture, c.at("left"), c.at("top"), c.at("width"), c.at("height"));
    CHECK(train::resize_bicubic(part, side, side).rgb == tensors.at(name).to_vector<uint8_t>());
  }
}

TEST_CASE("augment: boxes of RandomResizedCrop from recorded draws") {
  const Json file = read_json("hf/preprocess/index.json");
  REQUIRE(!file.at("random_resized_crop").empty());
  for (const Json& c : file.at("random_resized_crop")) {
    INFO(c.dump());
    size_t at = 0;
    const Json& draws = c.at("draws");
    const train::CropBox box = train::choose_crop(
        c.at("width"), c.at("height"), c.at("scale").at(0),
        [&](double, double) { return draws.at(at++).at(3).get<double>(); },
        [&](int64_t n) {
          const Json& draw = draws.at(at++);
          CHECK(draw.at(2) == n);
          return draw.at(3).get<int64_t>();
        });
    CHECK(at == draws.size());
    CHECK(Json{box.top, box.left, box.height, box.width} == c.at("top_left_height_width"));
  }
}

}  // namespace
}  // namespace medley::oracle
