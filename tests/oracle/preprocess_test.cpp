// Decoding, resizing and normalising of pictures as Pillow and the original do it
// (hf/preprocess): exact bytes, floats to one unit in the last place.
#include <cmath>
#include <filesystem>

#include "tests/catch.h"
#include "tests/oracle/oracle.h"
#include "train/data/decode.h"
#include "train/data/picture.h"
#include "train/data/resize.h"

namespace medley::oracle {
namespace {

using train::Image;

// images/NAME.EXT is NAME-EXT in the names of what was made from it.
std::string stem(const std::string& file) {
  std::string name = file;
  name[name.rfind('.')] = '-';
  return name;
}

std::vector<std::string> pictures() {
  std::vector<std::string> names;
  const Json index = read_json("hf/preprocess/index.json");
  for (const auto& [name, unused] : index.at("images").items()) names.push_back(name);
  REQUIRE(!names.empty());
  return names;
}

Image picture(const std::string& name) {
  return train::read_image(path("hf/preprocess/images/" + name));
}

void check_same(const Image& image, const Image& right) {
  CHECK(image.width == right.width);
  CHECK(image.height == right.height);
  CHECK(image.rgb == right.rgb);
}

TEST_CASE("preprocess: every picture decodes to the bytes of Pillow") {
  for (const std::string& name : pictures()) {
    INFO(name);
    check_same(picture(name),
               train::read_image(path("hf/preprocess/decoded/" + stem(name) + ".png")));
  }
}

TEST_CASE("preprocess: every picture resizes to the bytes of Pillow 9") {
  int compared = 0;
  for (const std::string& name : pictures())
    for (const auto& entry : std::filesystem::directory_iterator(path("hf/preprocess/resized"))) {
      const std::string file = entry.path().filename();
      const std::string prefix = stem(name) + ".";
      if (!file.starts_with(prefix) || file.find("pillow13") != std::string::npos) continue;
      INFO(file);
      const int64_t side = std::stoll(file.substr(prefix.size()));
      check_same(train::resize_bicubic(picture(name), side, side),
                 train::read_image(entry.path().string()));
      ++compared;
    }
  CHECK(compared > 0);
}

TEST_CASE("preprocess: normalised pictures to one unit in the last place") {
  const Tensors tensors("hf/preprocess/tensors.safetensors");
  int compared = 0;
  for (const std::string& name : pictures())
    for (const auto& [key, tensor] : tensors.all()) {
      const std::string prefix = "original." + name + ".";
      if (!key.starts_with(prefix)) continue;
      INFO(key);
      const int64_t side = std::stoll(key.substr(prefix.size()));
      const Image image = train::resize_bicubic(picture(name), side, side);
      std::vector<float> planes(static_cast<size_t>(3 * side * side));
      for (int64_t i = 0; i < side * side; ++i)
        for (int64_t c = 0; c < 3; ++c)
          planes[static_cast<size_t>(c * side * side + i)] =
              static_cast<float>(image.rgb[static_cast<size_t>(3 * i + c)]) / 255.0f;
      train::normalise_planes(planes.data(), side * side);
      const std::vector<float> right = tensor.to_vector<float>();
      REQUIRE(right.size() == planes.size());
      bool close = true;
      for (size_t i = 0; i < planes.size(); ++i)
        close = close && planes[i] >= std::nextafter(right[i], -INFINITY) &&
                planes[i] <= std::nextafter(right[i], INFINITY);
      CHECK(close);
      ++compared;
    }
  CHECK(compared > 0);
}

}  // namespace
}  // namespace medley::oracle
