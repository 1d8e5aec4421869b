// The tables of what is held out, and the draw of a scene's plan.
#include "train/data/scene_rules.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"

namespace medley::train {
namespace {

constexpr double kSingles = 0.2;             // part of the training scenes that show one drawing
constexpr double kNear = 0.26, kFar = 0.74;  // along the line of a pair
constexpr double kJitter = 0.06;             // of each centre, both ways

constexpr std::pair<std::string_view, std::string_view> kHeldOutDrawings[] = {
    {"bicycle", "noto"},     {"dog", "twemoji"}, {"guitar", "noto"},
    {"mushroom", "twemoji"}, {"owl", "twemoji"}, {"umbrella", "noto"}};

// A tenth of the 276 pairs, drawn once: Python's random.Random(2022).sample(concepts, 2), repeated
// until there were 28 different ones. A table, so that figures of different programs compare.
constexpr std::pair<std::string_view, std::string_view> kHeldOutPairs[] = {
    {"balloon", "chair"},       {"balloon", "elephant"}, {"balloon", "frog"},
    {"balloon", "turtle"},      {"balloon", "umbrella"}, {"bell", "door"},
    {"bell", "elephant"},       {"bell", "guitar"},      {"bell", "pineapple"},
    {"bell", "rabbit"},         {"bicycle", "mushroom"}, {"camera", "sunflower"},
    {"cat", "mushroom"},        {"elephant", "owl"},     {"elephant", "umbrella"},
    {"fish", "locomotive"},     {"fish", "mushroom"},    {"fish", "pizza"},
    {"fish", "rabbit"},         {"frog", "mushroom"},    {"locomotive", "pizza"},
    {"mushroom", "turtle"},     {"owl", "pizza"},        {"owl", "strawberry"},
    {"penguin", "sunflower"},   {"pineapple", "pizza"},  {"pizza", "strawberry"},
    {"strawberry", "sunflower"}};
static_assert(std::size(kHeldOutPairs) == 28);

template <size_t n>
constexpr int index_of(const std::array<const char*, n>& names, std::string_view name) {
  for (size_t i = 0; i < n; ++i)
    if (name == names[i]) return static_cast<int>(i);
  throw ValueError("[scenes] no such name");  // at compile time: the table does not build
}

constexpr std::array<int, kConceptCount> kHeldOutArtist = [] {
  std::array<int, kConceptCount> table{};
  table.fill(-1);
  for (const auto& [name, artist] : kHeldOutDrawings)
    table[static_cast<size_t>(index_of(kConcepts, name))] = index_of(kArtists, artist);
  return table;
}();

constexpr std::array<std::array<bool, kConceptCount>, kConceptCount> kHeldOut = [] {
  std::array<std::array<bool, kConceptCount>, kConceptCount> table{};
  for (const auto& [first, second] : kHeldOutPairs) {
    const auto a = static_cast<size_t>(index_of(kConcepts, first));
    const auto b = static_cast<size_t>(index_of(kConcepts, second));
    table[a][b] = table[b][a] = true;
  }
  return table;
}();

PlacedDrawing place(int concept_id, double x, double y, SceneSplit split, Random& random) {
  PlacedDrawing drawing{concept_id, 0, 0, 0, 0};
  const int held = held_out_artist(concept_id);
  if (held < 0)
    drawing.artist = static_cast<int>(random.below(kArtists.size()));
  else
    drawing.artist = split == SceneSplit::test_drawing ? held : 1 - held;
  drawing.size = static_cast<int>(random.below(kDrawingSizes.size()));
  drawing.x = x + random.uniform(-kJitter, kJitter);
  drawing.y = y + random.uniform(-kJitter, kJitter);
  return drawing;
}

bool fits(int a, int b, SceneSplit split) {
  if (a == b || is_held_out_pair(a, b) != (split == SceneSplit::test_pair)) return false;
  return split != SceneSplit::test_drawing || held_out_artist(a) >= 0 || held_out_artist(b) >= 0;
}

}  // namespace

int held_out_artist(int concept_id) { return kHeldOutArtist[static_cast<size_t>(concept_id)]; }

bool is_held_out_pair(int a, int b) {
  return kHeldOut[static_cast<size_t>(a)][static_cast<size_t>(b)];
}

SceneSplit scene_split(const std::string& name) {
  const auto found = std::find(kSceneSplits.begin(), kSceneSplits.end(), name);
  if (found == kSceneSplits.end())
    throw ConfigError(
        str("scenes have no split '", name, "'",
            did_you_mean(name, std::vector<std::string>(kSceneSplits.begin(), kSceneSplits.end()))),
        "the splits are train, val, test_seen, test_pair and test_drawing");
  return static_cast<SceneSplit>(found - kSceneSplits.begin());
}

std::string with_article(int concept_id) {
  const std::string_view name = kConcepts[static_cast<size_t>(concept_id)];
  const bool vowel = std::string_view("aeiou").find(name[0]) != std::string_view::npos;
  return str(vowel ? "an " : "a ", name);
}

std::string ScenePlan::caption() const {
  auto name = [&](size_t i) { return with_article(drawings[i].concept_id); };
  if (relation == Relation::none) return name(0);
  return str(name(0), relation == Relation::left_of ? " left of " : " above ", name(1));
}

bool ScenePlan::shows(int concept_id) const {
  return std::any_of(drawings.begin(), drawings.end(),
                     [&](const PlacedDrawing& d) { return d.concept_id == concept_id; });
}

Random scene_random(SceneSplit split, uint64_t seed, uint64_t index, uint32_t use) {
  return Random(seed, Purpose::scene, (index >> 32) << 16 | use << 8 | static_cast<uint32_t>(split),
                static_cast<uint32_t>(index));
}

ScenePlan arrange(SceneSplit split, int concept_id, Random& random) {
  const double x = random.uniform(0.25, 0.75), y = random.uniform(0.25, 0.75);
  return {{place(concept_id, x, y, split, random)}, Relation::none};
}

ScenePlan arrange(SceneSplit split, int first, Relation relation, int second, Random& random) {
  ScenePlan plan{{}, relation};
  const double across = random.uniform(0.35, 0.65);
  const bool beside = relation == Relation::left_of;
  for (const auto& [concept_id, along] : {std::pair(first, kNear), std::pair(second, kFar)})
    plan.drawings.push_back(
        place(concept_id, beside ? along : across, beside ? across : along, split, random));
  return plan;
}

ScenePlan plan_scene(SceneSplit split, uint64_t seed, uint64_t index) {
  Random random = scene_random(split, seed, index, 0);
  if (split == SceneSplit::train && random.uniform() < kSingles)
    return arrange(split, static_cast<int>(random.below(kConceptCount)), random);
  int a = 0, b = 0;
  do {
    a = static_cast<int>(random.below(kConceptCount));
    b = static_cast<int>(random.below(kConceptCount));
  } while (!fits(a, b, split));
  const Relation relation = random.below(2) == 0 ? Relation::left_of : Relation::above;
  return arrange(split, a, relation, b, random);
}

}  // namespace medley::train
