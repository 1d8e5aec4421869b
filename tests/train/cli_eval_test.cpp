// medley eval, on Hugging Face folders.
#include <filesystem>

#include "core/json.h"
#include "tests/catch.h"
#include "tests/train/data_support.h"
#include "tests/train/program.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

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

TEST_CASE("cli: eval vqa says what `medley answer` says, and counts what people answered") {
  const std::string folder = kModels + "vqa";
  const Json io = Json::read(folder + "/io.json");
  TempFolder temp;
  Json list = Json::array();
  std::vector<std::string> said;
  double right = 0;
  for (int i = 0; i < kPictures; ++i) {
    const std::string name = std::to_string(i) + ".png";
    fs::copy(folder + "/images/" + name, temp / name);
    const auto at = static_cast<size_t>(i);
    const std::string& question = io.at("questions").items().at(at).text();
    const std::string& answer = io.at("answers").items().at(at).text();
    list.push(Json::object()
                  .set("image", name)
                  .set("question", question)
                  .set("question_id", 100 + i)
                  .set("answer", Json::array().push(answer))
                  .set("dataset", "vqa"));
    const Result r = run({"answer", folder, temp / name, "--question", question, "--json"});
    said.push_back(Json::parse(r.out, "stdout").items().at(0).at("answer").text());
    right += said.back() == answer ? 1 : 0;
  }
  write_bytes(temp / "list.json", list.dump());
  write_bytes(temp / "answers.txt", "two\nthree\nblue\nred\n");
  const Words words{"eval",          "vqa", folder,  "--data",     temp / "list.json",
                    "--first-token", "cls", "--out", temp / "said"};
  const Result r = run(with(words, {"--json"}));
  INFO(r.err);
  REQUIRE(r.code == 0);
  const Json figures = Json::parse(r.out, "stdout").at("eval").at("list");
  CHECK(figures.at("vqa").at("accuracy").number() == Approx(right / kPictures));
  CHECK(right > 0);
  const Json written = Json::read(temp / "said");
  for (size_t i = 0; i < kPictures; ++i) {
    CHECK(written.items().at(i).at("answer").text() == said[i]);
    CHECK(written.items().at(i).at("question_id").integer() == 100 + static_cast<int64_t>(i));
  }
  CHECK(run(with(words, {"--candidates", temp / "answers.txt"})).code == 0);
  CHECK(Json::read(temp / "said").items().at(4).at("answer").text() == "two");
}

TEST_CASE("cli: eval classify reads folders of classes, and eval video folders of frames") {
  const std::string folder = kModels + "retrieval";
  TempFolder temp;
  const auto put = [&](int from, const std::string& to) {
    fs::create_directories(fs::path(temp / to).parent_path());
    fs::copy(folder + "/images/" + std::to_string(from) + ".png", temp / to);
  };
  put(0, "shapes/black_triangles/0.png");
  put(5, "shapes/triangles/more/5.png");
  put(1, "shapes/circles/1.png");
  put(3, "shapes/circles/3.png");
  const Result classes = run({"eval", "classify", folder, "--data", temp / "shapes", "--json"});
  INFO(classes.err);
  REQUIRE(classes.code == 0);
  const Json found = Json::parse(classes.out, "stdout").at("eval").at("shapes");
  CHECK(found.at("images").integer() == 4);
  CHECK(found.at("classes").integer() == 3);
  CHECK(found.at("classify").at("trivial").at("answer").text() == "circles");
  put(1, "shapes/Circles/1.png");
  CHECK_THAT(run({"eval", "classify", folder, "--data", temp / "shapes"}).err,
             Catch::Contains("'Circles' and 'circles' have the same name"));

  for (int i = 0; i < 3; ++i) {
    put(i, "clips/a/" + std::to_string(i) + ".png");
    put(i + 3, "clips/b/" + std::to_string(i) + ".png");
  }
  write_bytes(temp / "clips/a.txt", "three black triangles");
  write_bytes(temp / "clips/b.txt", "blue squares");
  const Result videos = run({"eval", "video", folder, "--data", temp / "clips"});
  INFO(videos.err);
  REQUIRE(videos.code == 0);
  for (const char* words : {"clips: 2 videos, 2 texts", "videos of a text, ITM", "median rank"})
    CHECK_THAT(videos.out, Catch::Contains(words));
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
