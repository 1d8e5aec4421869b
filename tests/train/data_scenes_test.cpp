// Scenes: the rules, and that pixels follow them.
#include <set>

#include "tests/train/data_support.h"
#include "train/data/scene_drawings.h"
#include "train/data/scene_rules.h"

namespace medley::train {
namespace {

constexpr uint64_t kScenes = 4000;
constexpr SceneSplit kSplits[] = {SceneSplit::train, SceneSplit::val, SceneSplit::test_seen,
                                  SceneSplit::test_pair, SceneSplit::test_drawing};

bool shows_held_out(const PlacedDrawing& d) { return d.artist == held_out_artist(d.concept_id); }

TEST_CASE("the held-out pairs are those of the rule") {
  std::set<std::pair<std::string, std::string>> rule, table;
  for (const Json& pair : data_goldens().at("held_out_pairs").items())
    rule.insert({pair.items()[0].text(), pair.items()[1].text()});
  for (int a = 0; a < kConceptCount; ++a)
    for (int b = 0; b < kConceptCount; ++b) {
      CHECK(is_held_out_pair(a, b) == is_held_out_pair(b, a));
      if (a < b && is_held_out_pair(a, b))
        table.insert({kConcepts[static_cast<size_t>(a)], kConcepts[static_cast<size_t>(b)]});
    }
  CHECK(table.size() == 28);
  CHECK(table == rule);
}

TEST_CASE("every split keeps to its drawings and pairs") {
  for (const SceneSplit split : kSplits) {
    CAPTURE(static_cast<int>(split));
    int singles = 0;
    std::set<std::pair<int, int>> drawings;
    for (uint64_t i = 0; i < kScenes; ++i) {
      const ScenePlan plan = plan_scene(split, 1, i);
      int held = 0;
      for (const PlacedDrawing& d : plan.drawings) {
        held += shows_held_out(d);
        drawings.insert({d.concept_id, d.artist});
      }
      if (split == SceneSplit::test_drawing)
        REQUIRE(held > 0);
      else
        REQUIRE(held == 0);
      if (plan.relation == Relation::none) {
        ++singles;
        REQUIRE(plan.drawings.size() == 1);
        continue;
      }
      REQUIRE(plan.drawings.size() == 2);
      const int a = plan.drawings[0].concept_id, b = plan.drawings[1].concept_id;
      REQUIRE(a != b);
      REQUIRE(is_held_out_pair(a, b) == (split == SceneSplit::test_pair));
    }
    if (split == SceneSplit::train)
      CHECK(singles / double(kScenes) == Approx(0.2).margin(0.03));
    else
      CHECK(singles == 0);
    // 48 without six, in each split another six; test_pair has no dog and no rocket either.
    CHECK(drawings.size() == (split == SceneSplit::test_pair ? 39 : 42));
  }
}

TEST_CASE("the first drawing stands where the caption says") {
  for (const SceneSplit split : kSplits)
    for (uint64_t i = 0; i < kScenes; ++i) {
      const ScenePlan plan = plan_scene(split, 1, i);
      const PlacedDrawing& first = plan.drawings.front();
      const PlacedDrawing& last = plan.drawings.back();
      const std::string caption = plan.caption();
      const bool left = caption.find(" left of ") != std::string::npos;
      const bool above = caption.find(" above ") != std::string::npos;
      REQUIRE(left == (plan.relation == Relation::left_of));
      REQUIRE(above == (plan.relation == Relation::above));
      REQUIRE((left ? last.x - first.x : above ? last.y - first.y : 1) >= 0.36 - 1e-9);
      REQUIRE((left    ? std::abs(last.y - first.y)
               : above ? std::abs(last.x - first.x)
                       : 0) <= 0.12 + 1e-9);
      REQUIRE(caption.find(kConcepts[static_cast<size_t>(first.concept_id)]) <=
              caption.rfind(kConcepts[static_cast<size_t>(last.concept_id)]));
      REQUIRE((caption.rfind("a ", 0) == 0 || caption.rfind("an ", 0) == 0));
    }
  ScenePlan plan{{{19, 0, 0, 0, 0}, {14, 0, 0, 0, 0}}, Relation::above};
  CHECK(plan.caption() == "a rocket above an owl");
}

TEST_CASE("a scene shows the drawings of its plan, the darkest pixel on top") {
  const SceneDrawings drawings(picturebook(), 48);
  CHECK(drawings.pixels(0) == 18);
  CHECK(drawings.pixels(1) == 21);
  CHECK(drawings.pixels(2) == 24);
  const auto data = open_scenes(picturebook(), "train", 50, 48, 5);
  for (int64_t i = 0; i < 50; ++i) {
    const ScenePlan plan = plan_scene(SceneSplit::train, 5, static_cast<uint64_t>(i));
    Image darkest{48, 48, std::vector<uint8_t>(48 * 48 * 3, 255)};
    for (const PlacedDrawing& placed : plan.drawings) {
      Image alone{48, 48, std::vector<uint8_t>(48 * 48 * 3, 255)};
      drawings.paste(alone, placed);
      double ink = 0, x = 0, y = 0;  // the centre of what is not white
      for (size_t p = 0; p < alone.rgb.size(); ++p) {
        const double weight = 255 - alone.rgb[p];
        ink += weight;
        x += weight * static_cast<double>(p / 3 % 48);
        y += weight * static_cast<double>(p / 3 / 48);
        darkest.rgb[p] = std::min(darkest.rgb[p], alone.rgb[p]);
      }
      REQUIRE(ink > 0);
      CHECK(x / ink / 48 == Approx(placed.x).margin(0.2));
      CHECK(y / ink / 48 == Approx(placed.y).margin(0.2));
    }
    CHECK(same_image(*data->picture(i), darkest));
    CHECK(data->row(i).text == plan.caption());
    CHECK(data->row(i).pictures == std::vector<int64_t>{i});
    CHECK(data->picture_name(i) == str("train/", i));
  }
}

TEST_CASE("a scene is a function of seed, split and index") {
  const auto one = open_scenes(picturebook(), "val", 100, 48, 1);
  const auto two = open_scenes(picturebook(), "val", 40, 48, 1);
  const auto other_seed = open_scenes(picturebook(), "val", 40, 48, 2);
  const auto other_split = open_scenes(picturebook(), "test_seen", 40, 48, 1);
  int equal_seed = 0, equal_split = 0;
  for (int64_t i = 39; i >= 0; --i) {
    const auto picture = two->picture(i);
    CHECK(same_image(*one->picture(i), *picture));
    equal_seed += same_image(*other_seed->picture(i), *picture);
    equal_split += same_image(*other_split->picture(i), *picture);
  }
  CHECK(equal_seed + equal_split == 0);
  CHECK(plan_scene(SceneSplit::train, 1, 5).caption() !=
        plan_scene(SceneSplit::train, 1, 5 + (uint64_t{1} << 32)).caption());
  CHECK_THROWS_AS(two->picture(40), ValueError);
}

TEST_CASE("scenes that cannot be are refused") {
  CHECK(message_of<ConfigError>([] {
          open_scenes(picturebook(), "test_pairs", 5, 48, 1);
        }).find("did you mean 'test_pair'") != std::string::npos);
  CHECK_THROWS_AS(open_scenes(picturebook(), "val", 0, 48, 1), ConfigError);
  CHECK_THROWS_AS(open_scenes(picturebook(), "val", 5, 7, 1), ConfigError);
  TempFolder folder;
  CHECK_THROWS_AS(open_scenes(folder.path(), "val", 5, 48, 1), IoError);
  write_bytes(folder / "train.json", R"([{"image": "noto/a.png", "caption": "zebra"}])");
  write_bytes(folder / "images.tar", tar_member("noto/a.png", "") + tar_end());
  CHECK(message_of<DataError>([&] {
          open_scenes(folder.path(), "val", 5, 48, 1);
        }).find("'balloon' by noto") != std::string::npos);
}

}  // namespace
}  // namespace medley::train
