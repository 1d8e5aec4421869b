// medley eval, on Hugging Face folders.
#include "core/json.h"
#include "tests/catch.h"
#include "tests/train/data_support.h"
#include "tests/train/program.h"

namespace medley::train {
namespace {

const std::string kModels = MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/models/";
constexpr int kPictures = 6;

// The pictures of a folder in a tar, and its captions, or one text for all, as a list.
struct Data {
  TempFolder temp;
  std::string list = temp / "data.json", images = temp / "images.tar";
  std::vector<std::string> captions;

  explicit Data(const std::string& model, const std::vector<std::string>& texts = {}) {
    const Json io = Json::read(kModels + "caption/io.json");
    std::string tar;
    Json rows = Json::array();
    for (int i = 0; i < kPictures; ++i) {
      const std::string name = std::to_string(i) + ".png";
      tar += tar_member(name, read_bytes(kModels + model + "/images/" + name));
      captions.push_back(texts.empty() ? io.at("captions").items().at(static_cast<size_t>(i)).text()
                                       : texts[static_cast<size_t>(i) % texts.size()]);
      rows.push(Json::object()
                    .set("image", name)
                    .set("caption", captions.back())
                    .set("references", Json::array().push("There's a (hand-drawn) picture.")));
    }
    write_bytes(images, tar + tar_end());
    write_bytes(list, rows.dump());
  }

  Result eval(const char* task, const std::string& model, const Words& more = {}) const {
    return run(with({"eval", task, kModels + model, "--data", list, "--images", images}, more));
  }
  Json figures(const char* task, const std::string& model, const Words& more = {}) const {
    const Result r = eval(task, model, with(more, {"--json"}));
    INFO(r.err);
    REQUIRE(r.code == 0);
    return Json::parse(r.out, "stdout").at("eval").at("data");
  }
};

}  // namespace

TEST_CASE("cli: eval caption and score captions give the same figures for what --out holds") {
  const Data data("caption");
  const std::string said = data.temp / "said.json";
  const Json captions = data.figures("caption", "caption", {"--out", said}).at("captions");
  Json annotations = Json::array();
  for (int i = 0; i < kPictures; ++i)
    for (const std::string& text :
         {data.captions[static_cast<size_t>(i)], std::string("There's a (hand-drawn) picture.")})
      annotations.push(
          Json::object().set("image_id", std::to_string(i) + ".png").set("caption", text));
  write_bytes(data.temp / "refs.json", Json::object().set("annotations", annotations).dump());
  const Result r = run({"score", "captions", said, data.temp / "refs.json", "--json"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  const Json scores = Json::parse(r.out, "stdout");
  for (const auto& [own, coco] : {std::pair("bleu1", "Bleu_1"),
                                  {"bleu2", "Bleu_2"},
                                  {"bleu3", "Bleu_3"},
                                  {"bleu4", "Bleu_4"},
                                  {"rouge_l", "ROUGE_L"},
                                  {"cider", "CIDEr"}}) {
    INFO(own);
    CHECK(captions.at(own).number() == Approx(scores.at(coco).number()).epsilon(1e-12));
    CHECK(captions.at(own).number() > 0);
  }
  // `medley caption` writes the same.
  const Result same =
      run({"caption", kModels + "caption", kModels + "caption/images", "--format", "coco"});
  CHECK(Json::parse(same.out, "stdout").dump() == Json::read(said).dump());
}

TEST_CASE("cli: eval retrieval and classify, as tables and as files") {
  const Data data("retrieval");
  const std::string out = data.temp / "found.json";
  const Result table = data.eval("retrieval", "retrieval", {"--rerank", "3", "--out", out});
  INFO(table.err);
  REQUIRE(table.code == 0);
  for (const char* words : {"data: 6 pictures, 6 texts", "95 % interval", "trivial answer",
                            "texts of a picture, ITC", "pictures of a text, ITM", "R@10"})
    CHECK_THAT(table.out, Catch::Contains(words));
  CHECK(Json::read(out).at("texts_of_image").items().size() == kPictures);
  const Json itc = data.figures("retrieval", "retrieval", {"--rerank", "0"});
  CHECK(itc.find("i2t_itm") == nullptr);
  CHECK(itc.at("i2t").at("trivial").at("r1").number() == Approx(1.0 / 6));

  const Data classes("retrieval", {"circles", "squares", "triangles"});
  const Json found =
      classes.figures("classify", "retrieval", {"--template", "yellow {}", "--template", "{}"});
  CHECK(found.at("classes").integer() == 3);
  CHECK(found.at("classify").at("trivial").at("accuracy").number() == Approx(1.0 / 3));
  write_bytes(classes.temp / "names", "circles\nsquares\n");
  CHECK_THAT(classes.eval("classify", "retrieval", {"--candidates", classes.temp / "names"}).err,
             Catch::Contains("'triangles', which is not in the list"));
  write_bytes(classes.temp / "names", R"(["circles", "squares", "circles"])");
  CHECK_THAT(classes.eval("classify", "retrieval", {"--candidates", classes.temp / "names"}).err,
             Catch::Contains("has 'circles' twice"));
}

TEST_CASE("cli: eval says what a model or its data lacks") {
  const Data data("caption");
  const auto refused = [&](int code, const Result& r, const char* message) {
    INFO(r.err);
    CHECK(r.code == code);
    CHECK_THAT(r.err, Catch::Contains(message));
    CHECK(r.out.empty());
  };
  refused(3, data.eval("retrieval", "caption"), "has no matching head");
  refused(3, data.eval("caption", "retrieval"), "has no caption decoder");
  refused(3, data.eval("vqa", "caption"), "has no answer decoder");
  refused(3, data.eval("nlvr", "caption"), "has no head for sentences about two pictures");
  refused(3, data.eval("classify", "caption"), "has no projections");
  refused(3, data.eval("vqa", "vqa"), "this needs questions about pictures");
  refused(3, data.eval("video", "retrieval"), "single pictures");
  refused(2, data.eval("vqa", "vqa", {"--rank"}), "no training set");
  refused(2, run({"eval", "caption", kModels + "caption"}), "no splits of its own");
  refused(2, data.eval("classify", "retrieval", {"--template", "a picture"}), "has no {}");
}

}  // namespace medley::train
