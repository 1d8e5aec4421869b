// The drawings that scenes are made of, in the sizes that scenes use, and how they get on the
// canvas.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/philox.h"
#include "train/data/augment/texels.h"
#include "train/data/dataset.h"
#include "train/data/scene_rules.h"

namespace medley::train {

class SceneDrawings {
 public:
  // Throws IoError, DataError when a concept's drawing is not in folder/train.json.
  SceneDrawings(const std::string& folder, int64_t side);

  // Darkest wins, so that the white around a drawing does not cut into its neighbour.
  void paste(Image& canvas, const PlacedDrawing& placed) const;
  // The same with the changes that jitter allows, drawn from random.
  void paste_changed(Image& canvas, const PlacedDrawing& placed, const SceneJitter& jitter,
                     Random& random) const;

  // The whole picture, without and with such changes.
  Image draw(const ScenePlan& plan) const;
  Image draw_changed(const ScenePlan& plan, const SceneJitter& jitter, Random& random) const;

  // Edge of a drawing in pixels.
  int64_t pixels(int size) const;

 private:
  struct Drawing {
    std::array<Image, kDrawingSizes.size()> scaled;  // [pixels(i), pixels(i)]
    Texels ink;      // the original: 1 - colour, so that white is nothing
    Texels outline;  // its edges, as ink
  };
  const Drawing& drawing(int concept_id, int artist) const {
    return drawings_[static_cast<size_t>(concept_id)][static_cast<size_t>(artist)];
  }

  Image blank() const;

  int64_t side_;
  std::array<std::array<Drawing, kArtists.size()>, kConceptCount> drawings_;
};

}  // namespace medley::train
