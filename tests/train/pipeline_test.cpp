// One way into every kind of model: what is opened, what goes in, what comes out. That the answers
// are transformers' is tested through the commands (cli_models_test.cpp).
#include "train/pipeline/pipeline.h"

#include "core/error.h"
#include "core/log.h"
#include "tests/catch.h"
#include "tests/train/program.h"
#include "tests/train/sizes.h"
#include "tests/train/tiny_run.h"
#include "train/data/decode.h"

namespace medley::train {
namespace {

const std::string kOracles = MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/";
const std::string kModels = kOracles + "hf/models/";

std::string picture(const std::string& model) { return kModels + model + "/images/0.png"; }

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

TEST_CASE("pipeline: a picture is a path, the bytes of a file, or pixels") {
  const Pipeline blip = medley::Pipeline::open(kModels + "caption");
  const Reply caption = blip.caption(picture("caption"));
  CHECK(caption.text == "three black triangles near the top of the picture, drawn by hand");
  CHECK(caption.score < 0);
  const std::string bytes = read_bytes(picture("caption"));
  CHECK(blip.caption(std::vector<uint8_t>(bytes.begin(), bytes.end())).text == caption.text);
  Image pixels = read_image(picture("caption"));
  CHECK(blip.caption(pixels).text == caption.text);
  CHECK(blip.caption(pixels, {.beams = 2}, "there are").text == "there are three black triangles");
  pixels.rgb.pop_back();
  CHECK_THROWS_WITH(blip.caption(pixels), Catch::Contains("another number of bytes"));
  CHECK_THROWS_AS(blip.caption("none.png"), IoError);
}

TEST_CASE("pipeline: match, answer and features of Hugging Face folders") {
  const Pipeline retrieval = Pipeline::open(kModels + "retrieval");
  const std::string shown = picture("retrieval");
  const Match match = retrieval.match(shown, "yellow circles");
  CHECK(match.probability > 0);
  CHECK(match.probability < 1);
  CHECK(match.cosine ==
        Approx(dot(retrieval.image_features(shown), retrieval.text_features("yellow circles")))
            .margin(1e-6));
  const Pipeline vqa = Pipeline::open(kModels + "vqa");
  CHECK(vqa.answer(picture("vqa"), "what color?").text == "black");
  CHECK(vqa.answer(picture("vqa"), "what color?", {.candidates = {"yellow", "black"}}).text ==
        "black");
  const Pipeline base = Pipeline::open(kModels + "contrastive");
  const std::vector<float> unit = base.image_features(picture("contrastive"));
  CHECK(dot(unit, unit) == Approx(1));
  CHECK_THROWS_WITH(vqa.caption(picture("vqa")),
                    Catch::Contains("has no caption decoder: it is a BlipForQuestionAnswering"));
  CHECK_THROWS_WITH(base.match(picture("contrastive"), "a"), Catch::Contains("no matching head"));
  CHECK_THROWS_WITH(retrieval.answer(shown, "what?"), Catch::Contains("no answer decoder"));
}

TEST_CASE("pipeline: what is beside a picture or a text changes nothing") {
  const Pipeline blip = Pipeline::open(kModels + "retrieval");
  const std::string first = picture("retrieval"), other = kModels + "retrieval/images/1.png";
  const EncodedPictures both = blip.encode_pictures(blip.pixels({other, first}));
  const auto matches = blip.matches(both, blip.encode_texts({"two blue squares", "circles"}));
  REQUIRE(matches.size() == 2);
  REQUIRE(matches[1].size() == 2);
  const Match alone = blip.match(first, "circles");
  CHECK(matches[1][1].probability == Approx(alone.probability).epsilon(1e-5));
  CHECK(matches[1][1].cosine == Approx(alone.cosine).epsilon(1e-5));
}

TEST_CASE("pipeline: a run, its checkpoint and the original's .pth are opened in the same way") {
  set_log_level(LogLevel::error);
  TempFolder temp;
  TrainConfig config = tiny_config();
  config.steps = 2;
  Trainer::start(config, temp / "run").train();
  const Pipeline run = Pipeline::open(temp / "run");
  const std::string said = run.caption(picture("caption")).text;
  CHECK(Pipeline::open(run.model().source).caption(picture("caption")).text == said);
  CHECK(run.model().kind == "a medley checkpoint");

  const std::string sizes = write_sizes(
      temp / "sizes.toml", sizes_of_original(Json::read(kOracles + "blip/checkpoint/config.json")));
  const std::string pth = kOracles + "blip/checkpoint/checkpoint_01.pth";
  const OpenOptions options{.config = sizes, .vocab = kOracles + "blip/vocab.txt"};
  const Pipeline file = Pipeline::open(pth, options);
  CHECK(file.model().left_behind > 0);
  const Match match = file.match(picture("caption"), "three circles");
  CHECK(match.probability > 0);
  const Result command = train::run(
      {"caption", pth, picture("caption"), "--config", options.config, "--vocab", options.vocab});
  CHECK_THAT(command.out,
             Catch::StartsWith(picture("caption") + ": " + file.caption(picture("caption")).text +
                               "   (probability "));
  CHECK_THROWS_WITH(Pipeline::open(pth), Catch::Contains("OpenOptions::vocab"));
  CHECK_THROWS_AS(Pipeline::open(temp / "nothing"), IoError);
}

}  // namespace medley::train
