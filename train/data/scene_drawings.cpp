// Reads the drawings of all concepts once and keeps them in every size.
#include "train/data/scene_drawings.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/str.h"
#include "train/data/open.h"
#include "train/data/resize.h"

namespace medley::train {
namespace {

Texels to_ink(const Image& image) {
  Texels ink(image.width);
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      const uint8_t* pixel = image.rgb.data() + (y * image.width + x) * 3;
      Float4& value = ink.at(x, y);
      for (int c = 0; c < 3; ++c) value[c] = 1.0f - static_cast<float>(pixel[c]) / 255.0f;
    }
  return ink;
}

// Ink where any channel changes: the sum of both central differences, three times over, so that a
// soft edge of 64-pixel drawings becomes a dark line.
Texels to_outline(Texels ink) {
  Texels outline(ink.side());
  for (int64_t y = 0; y < ink.side(); ++y)
    for (int64_t x = 0; x < ink.side(); ++x) {
      const Float4 across = ink.at(x + 1, y) - ink.at(x - 1, y);
      const Float4 down = ink.at(x, y + 1) - ink.at(x, y - 1);
      float edge = 0;
      for (int c = 0; c < 3; ++c) edge = std::max(edge, std::abs(across[c]) + std::abs(down[c]));
      const float line = std::min(1.5f * edge, 1.0f);
      outline.at(x, y) = Float4{line, line, line, 0};
    }
  return outline;
}

}  // namespace

SceneDrawings::SceneDrawings(const std::string& folder, int64_t side) : side_(side) {
  if (side < 8) throw ConfigError(str("scenes of ", side, " pixels a side: at least 8 are needed"));
  const std::string list = folder + "/train.json";
  const auto data = open_data(list, {.images = folder + "/images.tar"}).data;
  for (int64_t i = 0; i < data->size(); ++i) {
    const Row row = data->row(i);
    const std::string name = data->picture_name(row.pictures[0]);
    const auto concept_at = std::find(kConcepts.begin(), kConcepts.end(), row.text);
    const auto artist_at =
        std::find(kArtists.begin(), kArtists.end(), name.substr(0, name.find('/')));
    if (concept_at == kConcepts.end() || artist_at == kArtists.end()) continue;
    Drawing& drawing = drawings_[static_cast<size_t>(concept_at - kConcepts.begin())]
                                [static_cast<size_t>(artist_at - kArtists.begin())];
    const std::shared_ptr<const Image> found = data->picture(row.pictures[0]);
    const Image& image = *found;
    if (image.width != image.height)
      throw DataError(str("[scenes] '", name, "' of ", list, " has ", image.width, " x ",
                          image.height, " pixels but must be a square"));
    for (size_t size = 0; size < kDrawingSizes.size(); ++size) {
      const int64_t edge = pixels(static_cast<int>(size));
      drawing.scaled[size] = resize_bicubic(image, edge, edge);
    }
    drawing.ink = to_ink(image);
    drawing.outline = to_outline(drawing.ink);
  }
  for (size_t c = 0; c < kConcepts.size(); ++c)
    for (size_t a = 0; a < kArtists.size(); ++a)
      if (drawings_[c][a].ink.side() == 0)
        throw DataError(str("[scenes] ", list, " has no '", kConcepts[c], "' by ", kArtists[a]),
                        "scenes are composed from picturebook: MEDLEY_DATA must be its folder");
}

int64_t SceneDrawings::pixels(int size) const {
  return static_cast<int64_t>(static_cast<double>(side_) *
                              kDrawingSizes[static_cast<size_t>(size)]);
}

void SceneDrawings::paste(Image& canvas, const PlacedDrawing& placed) const {
  const Image& image =
      drawing(placed.concept_id, placed.artist).scaled[static_cast<size_t>(placed.size)];
  auto corner = [&](double centre) {
    const double at = centre * static_cast<double>(side_) - static_cast<double>(image.width) / 2;
    return std::clamp<int64_t>(static_cast<int64_t>(at), 0, side_ - image.width);
  };
  const int64_t left = corner(placed.x), top = corner(placed.y);
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* from = image.rgb.data() + y * image.width * 3;
    uint8_t* to = canvas.rgb.data() + ((top + y) * side_ + left) * 3;
    for (int64_t i = 0; i < image.width * 3; ++i) to[i] = std::min(to[i], from[i]);
  }
}

Image SceneDrawings::blank() const {
  return {side_, side_, std::vector<uint8_t>(static_cast<size_t>(side_ * side_ * 3), 255)};
}

Image SceneDrawings::draw(const ScenePlan& plan) const {
  Image image = blank();
  for (const PlacedDrawing& placed : plan.drawings) paste(image, placed);
  return image;
}

Image SceneDrawings::draw_changed(const ScenePlan& plan, const SceneJitter& jitter,
                                  Random& random) const {
  Image image = blank();
  for (const PlacedDrawing& placed : plan.drawings) paste_changed(image, placed, jitter, random);
  return image;
}

}  // namespace medley::train
