// Changed drawings in training scenes.
#include "tests/train/data_support.h"
#include "train/data/scene_drawings.h"

namespace medley::train {
namespace {

const SceneDrawings& drawings() {
  static const SceneDrawings all(picturebook(), 48);
  return all;
}

Image changed(const PlacedDrawing& placed, const SceneJitter& jitter, uint32_t sample = 0) {
  Image canvas{48, 48, std::vector<uint8_t>(48 * 48 * 3, 255)};
  Random random(1, Purpose::test, 0, sample);
  drawings().paste_changed(canvas, placed, jitter, random);
  return canvas;
}

double mean_difference(const Image& a, const Image& b) {
  double sum = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
  return sum / static_cast<double>(a.rgb.size());
}

constexpr int kDog = 6;  // twemoji's is held out
constexpr PlacedDrawing kPlaced{kDog, 0, 2, 0.5, 0.5};

TEST_CASE("a drawing that is pasted through the changes without any looks as pasted plainly") {
  CHECK_FALSE(SceneJitter().any());
  Image plain{48, 48, std::vector<uint8_t>(48 * 48 * 3, 255)};
  drawings().paste(plain, kPlaced);
  CHECK(mean_difference(changed(kPlaced, {}), plain) < 2);
  CHECK(mean_difference(changed(kPlaced, {}), plain) > 0);
}

TEST_CASE("a mirrored drawing is the mirror image") {
  SceneJitter jitter;
  jitter.mirror = 1;
  const Image mirrored = changed(kPlaced, jitter), straight = changed(kPlaced, {});
  for (size_t y = 0; y < 48; ++y)
    for (size_t x = 0; x < 48; ++x)
      REQUIRE(std::abs(mirrored.rgb[(y * 48 + x) * 3] - straight.rgb[(y * 48 + 47 - x) * 3]) <= 1);
}

TEST_CASE("grey, outline and recolour keep white white") {
  SceneJitter jitter;
  jitter.recolour = 1;
  for (uint32_t i = 0; i < 20; ++i) {
    const Image image = changed(kPlaced, jitter, i);
    CHECK(image.rgb[0] == 255);
    CHECK(mean_difference(image, changed(kPlaced, {})) > 0.5);
  }
  jitter.grey = 1;
  const Image grey = changed(kPlaced, jitter);
  for (size_t i = 0; i < grey.rgb.size(); i += 3) {
    REQUIRE(grey.rgb[i] == grey.rgb[i + 1]);
    REQUIRE(grey.rgb[i] == grey.rgb[i + 2]);
  }
  SceneJitter outline;
  outline.outline = 1;
  const Image lines = changed(kPlaced, outline);
  CHECK(mean_difference(lines, changed(kPlaced, {})) > 5);
  CHECK(*std::min_element(lines.rgb.begin(), lines.rgb.end()) < 80);
}

TEST_CASE("a blend never shows a held-out drawing") {
  SceneJitter jitter;
  jitter.blend = 1;
  CHECK(same_image(changed(kPlaced, jitter), changed(kPlaced, {})));
  PlacedDrawing cat = kPlaced;
  cat.concept_id = 4;
  CHECK(mean_difference(changed(cat, jitter), changed(cat, {})) > 1);
}

TEST_CASE("only training scenes are changed, their captions never") {
  SceneJitter jitter;
  jitter.mirror = jitter.grey = jitter.outline = jitter.blend = 0.5;
  jitter.turn = jitter.size = jitter.stretch = jitter.recolour = 0.5;
  jitter.warp = 0.1;
  REQUIRE(jitter.any());
  for (const char* split : {"train", "val", "test_drawing"}) {
    const auto plain = open_scenes(picturebook(), split, 20, 48, 1);
    const auto wild = open_scenes(picturebook(), split, 20, 48, 1, jitter);
    const auto again = open_scenes(picturebook(), split, 20, 48, 1, jitter);
    for (int64_t i = 0; i < 20; ++i) {
      const auto a = plain->picture(i), b = wild->picture(i);
      CHECK(plain->row(i).text == wild->row(i).text);
      CHECK(same_image(*a, *b) == (std::string(split) != "train"));
      CHECK(same_image(*again->picture(i), *b));
    }
  }
}

}  // namespace
}  // namespace medley::train
