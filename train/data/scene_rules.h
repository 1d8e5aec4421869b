// The rules of picturebook scenes without any pixels: which drawings stand where, and the one
// caption that is right. docs/data.md explains them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/philox.h"

namespace medley::train {

inline constexpr int kConceptCount = 24;
inline constexpr std::array<const char*, kConceptCount> kConcepts{
    "balloon",   "bell",  "bicycle", "camera", "cat",        "chair",     "dog",    "door",
    "elephant",  "fish",  "frog",    "guitar", "locomotive", "mushroom",  "owl",    "penguin",
    "pineapple", "pizza", "rabbit",  "rocket", "strawberry", "sunflower", "turtle", "umbrella"};
inline constexpr std::array<const char*, 2> kArtists{"noto", "twemoji"};

// Sizes of a drawing, as parts of the side.
inline constexpr std::array<double, 3> kDrawingSizes{0.38, 0.44, 0.50};

// The artist whose drawing of the concept no split but test_drawing shows; -1: none.
int held_out_artist(int concept_id);
// Pairs of concepts that no split but test_pair shows together; symmetric.
bool is_held_out_pair(int a, int b);

enum class SceneSplit : uint32_t { train, val, test_seen, test_pair, test_drawing };
inline constexpr std::array<const char*, 5> kSceneSplits{"train", "val", "test_seen", "test_pair",
                                                         "test_drawing"};
SceneSplit scene_split(const std::string& name);  // throws ConfigError

std::string with_article(int concept_id);  // "a cat", "an owl"

struct PlacedDrawing {
  int concept_id = 0;
  int artist = 0;
  int size = 0;         // index in kDrawingSizes
  double x = 0, y = 0;  // centre, in parts of the side
};

enum class Relation { none, left_of, above };

struct ScenePlan {
  std::vector<PlacedDrawing> drawings;  // one, or two: the left or upper one first
  Relation relation = Relation::none;
  std::string caption() const;
  bool shows(int concept_id) const;
};

// What the rules of a split leave open of given things: artists, sizes and places.
ScenePlan arrange(SceneSplit split, int concept_id, Random& random);
ScenePlan arrange(SceneSplit split, int first, Relation relation, int second, Random& random);
// A function of (seed, split, index) alone.
ScenePlan plan_scene(SceneSplit split, uint64_t seed, uint64_t index);
// The numbers of a scene; different `use` gives numbers that are independent of each other.
Random scene_random(SceneSplit split, uint64_t seed, uint64_t index, uint32_t use);

}  // namespace medley::train
