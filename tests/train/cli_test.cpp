// The program as its users meet it: run as a process of its own.
#include <chrono>
#include <csignal>
#include <thread>

#include "core/cuda/device.h"
#include "core/json.h"
#include "tests/catch.h"
#include "tests/train/form_files.h"
#include "tests/train/program.h"
#include "train/checkpoint/folder.h"
#include "train/config/config.h"
#include "train/io/checksum.h"
#include "train/loop/metrics.h"

namespace medley::train {
namespace {

const Words kShort = {"--set", "data.scenes=50", "--set", "eval.scenes=8", "--threads", "1"};

TEST_CASE("cli: usage errors exit with 2 and name the nearest word") {
  struct Case {
    Words words;
    const char* message;
  };
  for (const Case& c :
       {Case{{"pretain"}, "medley has no command 'pretain', did you mean 'pretrain'?"},
        {{"eval", "retreival", "x"}, "did you mean 'retrieval'?"},
        {{"pretrain", "--stepz", "3"},
         "medley pretrain has no option --stepz, did you mean '--steps'?"},
        {{"eval", "caption", "x", "--splt=val"}, "did you mean '--split'?"},
        {{"pretrain", "--steps", "many"}, "many"},
        {{}, "subcommand"},
        {{"caption"}, "model"},
        {{"pretrain", "--config", "sceens"}, "did you mean 'scenes'?"},
        {{"pretrain", "--set", "stepz=1"}, "did you mean 'steps'?"},
        {{"pretrain", "--config", "tiny", "--batch", "1"}, "train.batch_size is 1"},
        {{"eval", "retrieval", "x", "--images", "y"}, "--data"}}) {
    Result r = run(c.words);
    INFO(c.message);
    CHECK(r.code == 2);
    CHECK(r.out.empty());
    CHECK_THAT(r.err, Catch::Contains(c.message) && Catch::StartsWith("error: "));
  }
}

TEST_CASE("cli: help has examples everywhere") {
  for (const Words& words : {Words{},
                             {"pretrain"},
                             {"demo"},
                             {"caption"},
                             {"match"},
                             {"answer"},
                             {"features"},
                             {"convert"},
                             {"eval"},
                             {"eval", "retrieval"},
                             {"eval", "caption"},
                             {"eval", "vqa"},
                             {"eval", "nlvr"},
                             {"eval", "classify"},
                             {"eval", "video"},
                             {"score"},
                             {"score", "captions"},
                             {"inspect"},
                             {"info"},
                             {"data"},
                             {"data", "check"},
                             {"report"}}) {
    Result r = run(with(words, {"--help"}));
    INFO((words.empty() ? "medley" : words.back()));
    CHECK(r.code == 0);
    CHECK_THAT(r.out, Catch::Contains("Example"));
    CHECK(r.err.empty());
  }
  CHECK_THAT(run({"--help"}).out, Catch::Contains("Exit codes"));
}

TEST_CASE("cli: --print-config gives a configuration that runs unchanged") {
  TempFolder folder;
  Result first =
      run(with({"pretrain", "--config", "tiny", "--steps", "2", "--print-config"}, kShort));
  REQUIRE(first.code == 0);
  write_bytes(folder / "my.toml", first.out);
  Result second = run({"pretrain", "--config", folder / "my.toml", "--print-config"});
  CHECK(second.out == first.out);
  Result trained = run({"pretrain", "--config", folder / "my.toml", "--out", folder / "run"});
  INFO(trained.err);
  CHECK(trained.code == 0);
  TrainConfig own = load_config(folder / "run/config.toml");
  CHECK(own.data.vocabulary_checksum == file_checksum(folder / "run/vocab.txt"));
  own.data.vocabulary_checksum.clear();
  CHECK(print_config(own) == first.out);
}

TEST_CASE("cli: a split that cannot be evaluated leaves the figures of the others and the report") {
  const FormFiles files;
  std::string rows;
  for (int i = 0; i < 8; ++i) {
    files.picture(str("p", i, ".png"), 30 * i);
    rows += str(i ? "," : "", R"({"image": "p)", i, R"(.png", "caption": "word )", i, "\"}");
  }
  files.file("train.json", "[" + rows + "]").file("good.json", "[" + rows + "]");
  files.file("torn.png", grey_png(1).substr(0, 40));
  files.file("val.json", "[" + rows + R"(,{"image": "torn.png", "caption": "a cat"}])");
  const Result trained =
      run({"pretrain", "--config", "tiny", "--data", files / "train.json", "--steps", "2",
           "--batch", "4", "--out", files / "run", "--set", R"(eval.splits=["val", "good"])"});
  CHECK(trained.code == 3);
  CHECK(contains_all(trained.err, {"split val has no figures", "torn.png", "report.html"}));
  const Json summary = Json::read(files / "run/metrics.json");
  CHECK(summary.at("eval").find("good"));
  CHECK(!summary.at("eval").find("val"));
  CHECK(contains_all(summary.at("problems").at("val").text(), {"torn.png"}));
  CHECK(std::filesystem::exists(files / "run/report.html"));
}

TEST_CASE(
    "cli: output that cannot be written is exit 5, and options that exclude another are told") {
  TempFolder folder;
  for (const Words& words : {Words{"info"}, {"info", "--json"}, {"pretrain", "--print-config"}}) {
    INFO(words.back());
    CHECK(wait_for(start(words, "/dev/full", folder / "err")) == 5);
    CHECK(contains_all(read_bytes(folder / "err"), {"cannot write to the standard output"}));
  }
  CHECK(contains_all(run({"pretrain", "--learning-rate", "1"}).err,
                     {"no option --learning-rate, did you mean 'lr'? (--set KEY=VALUE)"}));
  CHECK(contains_all(run({"pretrain", "--step", "1"}).err, {"did you mean '--steps'?"}));
  CHECK(run({"pretrain", "--resume", folder / "a", "--out", folder / "b"}).code == 2);
  CHECK(run({"pretrain", "--out", folder / "b", "--allow-changed-data"}).code == 2);
}

TEST_CASE("cli: a run is trained, measured, used and inspected") {
  TempFolder folder;
  std::string path = folder / "run";
  Result r =
      run(with({"pretrain", "--config", "tiny", "--steps", "4", "--out", path, "--json"}, kShort));
  INFO(r.err);
  REQUIRE(r.code == 0);
  Json summary = Json::parse(r.out, "stdout");
  CHECK(summary.at("train").at("steps").integer() == 4);
  CHECK(summary.at("train").at("images_per_second").number() > 0);
  CHECK(summary.at("train").at("peak_rss_mb").integer() > 1);
  CHECK(summary.at("eval").at("test_seen").at("i2t_itm").find("r1"));
  CHECK(Json::read(path + "/metrics.json").dump() == summary.dump());
  CHECK_THAT(read_bytes(path + "/report.html"), Catch::Contains("<section id='attention'>"));
  CHECK_THAT(r.err, Catch::Contains("step 4/4"));
  CHECK(r.err.find('\x1b') == std::string::npos);

  r = run({"eval", "retrieval", path, "--split", "val", "--json"});
  CHECK(r.code == 0);
  CHECK(Json::parse(r.out, "stdout").at("eval").at("val").at("t2i").find("r5"));
  r = run({"eval", "caption", path, "--json"});
  CHECK(Json::parse(r.out, "stdout").at("eval").at("test_seen").at("captions").find("token_f1"));
  CHECK_THAT(run({"eval", "caption", path, "--out", folder / "said.json"}).err,
             Catch::Contains("--out is one file, for one of the"));
  r = run({"eval", "caption", path, "--split", "test_sen"});
  CHECK(r.code == 2);
  CHECK_THAT(r.err, Catch::Contains("did you mean 'test_seen'?"));

  const std::string picture =
      MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/preprocess/images/rgb.png";
  r = run({"match", path, picture, "--text", "a cat", "--text", "a dog left of a cat", "--json"});
  CHECK(r.code == 0);
  const Json pairs = Json::parse(r.out, "stdout");
  REQUIRE(pairs.items().size() == 2);
  for (const Json& pair : pairs.items()) {
    CHECK(pair.at("itm_probability").number() > 0);
    CHECK(pair.at("itm_probability").number() < 1);
    CHECK(std::abs(pair.at("itc_cosine").number()) <= 1.0001);
  }
  CHECK(pairs.items()[0].at("itc_cosine").number() != pairs.items()[1].at("itc_cosine").number());
  CHECK_THAT(run({"match", path, picture, "--text", "."}).err, Catch::Contains("has no word"));
  CHECK_THAT(run({"match", path, picture}).err, Catch::Contains("--text"));

  r = run({"inspect", path, "--json"});
  CHECK(r.code == 0);
  CHECK(Json::parse(r.out, "stdout").at("files").items().size() == 4);
  r = run({"inspect", path});
  CHECK_THAT(r.out, Catch::Contains("visual_encoder") && Catch::Contains("F32"));

  CHECK(run({"report", path}).out == path + "/report.html\n");
  CHECK(run({"caption", path, folder / "none.png"}).code == 5);
  CHECK(run({"caption", path, path + "/config.toml"}).code == 3);
  CHECK(run({"caption", folder / "no-run", "x.png"}).code == 5);
  CHECK(run({"pretrain", "--config", "tiny", "--out", path}).code == 2);
  CHECK(run({"pretrain", "--resume", path, "--set", "lr=1"}).code == 3);
}

TEST_CASE("cli: info and data check speak JSON") {
  Json info = Json::parse(run({"info", "--json"}).out, "stdout");
  CHECK(info.at("environment").find("MEDLEY_THREADS"));
  CHECK(info.at("presets").items().size() == 17);
  CHECK_THAT(run({"info"}).out, Catch::Contains("MEDLEY_LOG"));
  if (cuda::device_count() == 0)
    CHECK(info.at("cuda").text() == cuda::absence());
  else
    CHECK_FALSE(info.at("cuda:0").text().empty());

  std::string folder = info.at("data").text();
  Result r = run({"data", "check", folder + "/val.json", folder + "/images.tar", "--json"});
  CHECK(r.code == 0);
  CHECK(Json::parse(r.out, "stdout").at("rows").integer() == 163);
  TempFolder own;
  write_bytes(own / "bad.json", R"([{"image": "noto/1f600.png", "caption": "ok"}, {"image": "x.png",
      "caption": "dead"}, {"image": 3, "caption": "y"}, {"image": "noto/1f600.png", "caption": " . "}])");
  r = run({"data", "check", own / "bad.json", folder + "/images.tar", "--json"});
  CHECK(r.code == 3);
  Json problems = Json::parse(r.out, "stdout").at("problems");
  CHECK(problems.members().size() == 3);
  CHECK(run({"data", "check", own / "none.json", folder + "/images.tar"}).code == 5);
  CHECK(run({"data", "check", own / "bad.json", own / "bad.json"}).code == 3);
}

TEST_CASE("cli: a damaged file is refused with 3") {
  TempFolder folder;
  write_bytes(folder / "x.safetensors", "not a file of tensors");
  Result r = run({"inspect", folder / "x.safetensors"});
  CHECK(r.code == 3);
  CHECK_THAT(r.err, Catch::Contains("x.safetensors"));
  CHECK(run({"inspect", folder / "none"}).code == 5);
}

TEST_CASE("cli: Ctrl-C saves, says how to go on and exits with 130") {
  TempFolder folder;
  std::string path = folder / "run";
  pid_t child =
      start(with({"pretrain", "--config", "tiny", "--steps", "1000000", "--out", path}, kShort),
            folder / "out", folder / "err");
  for (int i = 0; i < 1000 && read_metrics(path + "/metrics.jsonl").empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGINT);
  CHECK(wait_for(child) == 130);
  CHECK_THAT(read_bytes(folder / "err"), Catch::Contains("medley pretrain --resume " + path));
  CHECK(!latest_checkpoint(path + "/checkpoints").empty());
}

TEST_CASE("cli: an unwritable folder is an error with a way out") {
  TempFolder folder;
  write_bytes(folder / "file", "x");
  Result r = run(with({"pretrain", "--config", "tiny", "--out", folder / "file/run"}, kShort));
  CHECK(r.code == 5);
  CHECK_THAT(r.err, Catch::Contains("file/run"));
}

}  // namespace
}  // namespace medley::train
