// medley score captions, on golden captions and on files that are wrong.
#include <cmath>

#include "core/json.h"
#include "tests/catch.h"
#include "tests/train/program.h"
#include "tests/train/temp_folder.h"

namespace medley::train {

TEST_CASE("cli: score captions gives pycocoevalcap's figures") {
  const Json golden =
      Json::read(MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/metrics/captions.json")
          .at("through_ptb");
  Json said = Json::array(), annotations = Json::array();
  for (const Json& row : golden.at("rows").items()) {
    const int64_t image = row.at("id").integer();
    said.push(Json::object().set("image_id", image).set("caption", row.at("prediction")));
    for (const Json& reference : row.at("references").items())
      annotations.push(Json::object().set("image_id", image).set("caption", reference));
  }
  TempFolder temp;
  write_bytes(temp / "said.json", said.dump());
  write_bytes(temp / "refs.json", Json::object().set("annotations", annotations).dump());
  const Result r = run({"score", "captions", temp / "said.json", temp / "refs.json", "--json"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  const Json scores = Json::parse(r.out, "stdout");
  const Json& right = golden.at("scores");
  for (size_t n = 0; n < 4; ++n)
    CHECK(std::abs(scores.at("Bleu_" + std::to_string(n + 1)).number() -
                   right.at("BLEU").items()[n].number()) < 1e-6);
  CHECK(std::abs(scores.at("ROUGE_L").number() - right.at("ROUGE_L").number()) < 1e-6);
  CHECK(std::abs(scores.at("CIDEr").number() - right.at("CIDEr").number()) < 1e-6);
  CHECK(scores.at("images").integer() == static_cast<int64_t>(said.items().size()));
  CHECK_THAT(run({"score", "captions", temp / "said.json", temp / "refs.json"}).out,
             Catch::Contains("ROUGE_L"));
}

TEST_CASE("cli: score captions says why the CIDEr of one picture is 0") {
  TempFolder temp;
  write_bytes(temp / "refs.json", R"({"annotations": [{"image_id": 1, "caption": "a red cat"},
                                                      {"image_id": 2, "caption": "a dog"}]})");
  write_bytes(temp / "one.json", R"([{"image_id": 1, "caption": "a red cat"}])");
  write_bytes(temp / "two.json", R"([{"image_id": 1, "caption": "a red cat"},
                                     {"image_id": 2, "caption": "a dog"}])");
  const auto said = [&](const char* name) {
    return run({"score", "captions", temp / name, temp / "refs.json"}).out;
  };
  CHECK_THAT(said("one.json"), Catch::Contains("0.0000  (0 of one picture by definition"));
  CHECK_THAT(said("two.json"), !Catch::Contains("definition"));
}

TEST_CASE("cli: score captions says what is wrong with its files, and where") {
  TempFolder temp;
  const std::string references = R"({"annotations": [
      {"image_id": 1, "caption": "a cat"}, {"image_id": "two", "caption": "a dog"}]})";
  write_bytes(temp / "refs.json", references);
  struct Case {
    const char* said;
    const char* message;
  };
  for (const Case& c :
       {Case{R"([{"image_id": 1, "caption": "a cat"}, {"image_id": 1, "caption": "b"}])",
             "entry 1: image 1 has a caption already, in entry 0"},
        {R"([{"image_id": 7, "caption": "a cat"}])", "no reference for image 7"},
        {R"([{"image_id": 1}])", "entry 0: 'caption' is missing"},
        {R"([{"image_id": 1, "caption": 3}])", "'caption' is not a text"},
        {R"([{"image_id": [], "caption": "a"}])", "neither a number nor a text"},
        {R"([3])", "entry 0 is no object"},
        {R"({"image_id": 1})", "is not a list"},
        {R"([])", "holds no captions"},
        {R"([{"image_id": 1, )", "said.json"}}) {
    write_bytes(temp / "said.json", c.said);
    const Result r = run({"score", "captions", temp / "said.json", temp / "refs.json", "--json"});
    INFO(c.said);
    CHECK(r.code == 3);
    CHECK(r.out.empty());
    CHECK_THAT(r.err, Catch::Contains(c.message));
  }
  write_bytes(temp / "said.json", R"([{"image_id": "two", "caption": "a dog"}])");
  const Result some = run({"score", "captions", temp / "said.json", temp / "refs.json", "--json"});
  CHECK(some.code == 0);
  CHECK_THAT(some.err, Catch::Contains("1 of 2 images have no caption"));
  CHECK(run({"score", "captions", temp / "none.json", temp / "refs.json"}).code == 5);
  write_bytes(temp / "list.json", "[]");
  CHECK_THAT(run({"score", "captions", temp / "said.json", temp / "list.json"}).err,
             Catch::Contains("has no list 'annotations'"));
}

}  // namespace medley::train
