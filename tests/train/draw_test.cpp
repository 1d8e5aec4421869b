// Scenes that are asked for in words.
#include "tests/train/data_support.h"
#include "tests/train/program.h"
#include "train/data/decode.h"
#include "train/data/scene_drawings.h"
#include "train/data/scene_request.h"
#include "train/data/scene_rules.h"

namespace medley::train {
namespace {

TEST_CASE("every caption of a scene is read as the scene that it describes") {
  for (const SceneSplit split : {SceneSplit::train, SceneSplit::test_pair})
    for (uint64_t i = 0; i < 500; ++i) {
      const ScenePlan plan = plan_scene(split, 1, i);
      const SceneRequest request = read_scene(plan.caption());
      REQUIRE(request.first == plan.drawings.front().concept_id);
      REQUIRE(request.relation == plan.relation);
      if (plan.drawings.size() == 2) REQUIRE(request.second == plan.drawings[1].concept_id);
      const ScenePlan drawn = plan_request(request, i);
      REQUIRE(drawn.caption() == plan.caption());
      for (const PlacedDrawing& drawing : drawn.drawings)
        REQUIRE(drawing.artist != held_out_artist(drawing.concept_id));
    }
}

TEST_CASE("right of and below are the same scenes from the other side") {
  auto same = [](const std::string& one, const std::string& other) {
    const SceneRequest a = read_scene(one), b = read_scene(other);
    return a.first == b.first && a.relation == b.relation && a.second == b.second;
  };
  CHECK(same("an owl right of a cat", "a cat left of an owl"));
  CHECK(same("an owl below a cat", "a cat above an owl"));
  CHECK(same("The OWL below cat.", "a cat above an owl"));
  CHECK_FALSE(same("an owl below a cat", "an owl above a cat"));
}

TEST_CASE("what cannot be drawn is refused with what can") {
  auto refusal = [](const std::string& caption) {
    return message_of<ValueError>([&] { read_scene(caption); });
  };
  const std::string zebra = refusal("a cat left of a caat");
  CHECK(zebra.find("'caat'") != std::string::npos);
  CHECK(zebra.find("there are: cat, ") != std::string::npos);
  CHECK(zebra.find("umbrella") != std::string::npos);
  for (const char* caption : {"", "a", "a cat left an owl", "a cat beside an owl", "a cat left of",
                              "a cat above an owl above a dog"})
    CHECK(refusal(caption).find("no caption of a scene") != std::string::npos);
  CHECK(refusal("a cat above a cat").find("twice") != std::string::npos);
}

TEST_CASE("medley draw writes what the plan of its caption shows") {
  const TempFolder folder;
  const std::string out = folder / "out.png";
  const Result result = run({"draw", "a dog left of an owl", out, "--seed", "7"});
  REQUIRE(result.code == 0);
  CHECK(result.out.find("a dog left of an owl") != std::string::npos);
  const SceneRequest request = read_scene("a dog left of an owl");
  CHECK(
      same_image(read_image(out), SceneDrawings(picturebook(), 48).draw(plan_request(request, 7))));

  REQUIRE(run({"draw", "a dog left of an owl", out, "--side", "64", "--artist", "twemoji"}).code ==
          0);
  const ScenePlan plan = plan_request(request, 1, 1);
  CHECK(plan.drawings[0].artist == 1);
  CHECK(same_image(read_image(out), SceneDrawings(picturebook(), 64).draw(plan)));

  const Result unknown = run({"draw", "a zebra", out});
  CHECK(unknown.code == 2);
  CHECK(unknown.err.find("there are: ") != std::string::npos);
  CHECK(run({"draw", "a cat", folder / "out.jpg"}).code == 2);
  CHECK(run({"draw", "a cat", out, "--side", "4"}).code == 2);
  CHECK(run({"draw", "a cat", out, "--artist", "rembrandt"}).code == 2);
  CHECK(run({"draw", "a cat", folder / "nowhere/out.png"}).code == 5);
}

}  // namespace
}  // namespace medley::train
