// medley convert: there and back, from a checkpoint of the original, and what it refuses.
#include <filesystem>

#include "core/json.h"
#include "models/weights/hf_config.h"
#include "tests/catch.h"
#include "tests/train/program.h"
#include "tests/train/sizes.h"
#include "tests/train/temp_folder.h"

namespace medley::train {
namespace {

const std::string kOracles = MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/";
const std::string kCaption = kOracles + "hf/models/caption";
const std::string kPicture = kCaption + "/images/0.png";

void convert(const Words& words) {
  const Result r = run(with({"convert"}, words));
  INFO(r.err);
  REQUIRE(r.code == 0);
}

std::string captions(const std::string& model) {
  const Result r = run({"caption", model, kPicture, "--max-tokens", "12", "--beams", "2"});
  INFO(r.err);
  CHECK(r.code == 0);
  return r.out;
}

}  // namespace

TEST_CASE("cli: convert from folder to file and back changes no bit") {
  TempFolder temp;
  const std::string sizes =
      write_sizes(temp / "sizes.toml", models::read_hf_config(kCaption + "/config.json").model);
  const std::string file = temp / "a.safetensors", folder = temp / "folder";
  convert({kCaption, file, "--to", "safetensors"});
  convert({file, folder, "--to", "caption", "--config", sizes, "--vocab", kCaption + "/vocab.txt"});
  convert({folder, temp / "b.safetensors", "--to", "safetensors"});
  CHECK(read_bytes(temp / "b.safetensors") == read_bytes(file));
  CHECK(captions(folder) == captions(kCaption));
  CHECK(!std::filesystem::exists(file + ".partial"));
}

TEST_CASE("cli: convert makes folders of a run that caption and match as the run does") {
  TempFolder temp;
  const std::string path = temp / "run";
  REQUIRE(run({"pretrain", "--config", "tiny", "--steps", "2", "--out", path, "--set",
               "data.scenes=50", "--set", "eval.scenes=8", "--threads", "1"})
              .code == 0);
  convert({path, temp / "caption", "--to", "caption"});
  convert({path, temp / "retrieval", "--to", "retrieval"});
  CHECK(captions(temp / "caption") == captions(path));
  const Words pair{kPicture, "--text", "a cat", "--first-token", "enc"};
  const Result own = run(with({"match", path}, pair));
  CHECK(own.code == 0);
  CHECK(run(with({"match", temp / "retrieval"}, pair)).out == own.out);
  // Nothing is overwritten, and parts that are not there are named.
  CHECK(run({"convert", path, temp / "caption", "--to", "caption"}).code == 5);
  const Result lacking = run({"convert", temp / "caption", temp / "again", "--to", "run"});
  CHECK(lacking.code == 3);
  CHECK_THAT(lacking.err, Catch::Contains("it lacks text_encoder.*"));
  CHECK(!std::filesystem::exists(temp / "again"));
  CHECK(run({"convert", path, temp / "x", "--to", "vqa"}).code == 3);
}

TEST_CASE("cli: convert stores a run in half the bytes, with the run's own configuration") {
  TempFolder temp;
  const std::string path = temp / "run", half = temp / "half";
  REQUIRE(run({"pretrain", "--config", "tiny", "--steps", "2", "--out", path, "--set",
               "data.scenes=50", "--set", "eval.scenes=8", "--threads", "1"})
              .code == 0);
  convert({path, half, "--to", "run", "--dtype", "bf16"});
  convert({half, temp / "half.safetensors", "--to", "safetensors", "--dtype", "bf16"});
  const auto bytes = [](const std::string& file) { return std::filesystem::file_size(file); };
  const auto whole = bytes(path + "/checkpoints/step-000002/model.safetensors");
  for (const std::string& file :
       {half + "/checkpoints/step-000000/model.safetensors", temp / "half.safetensors"})
    CHECK(static_cast<double>(bytes(file)) < 0.55 * static_cast<double>(whole));
  CHECK(captions(half) != "");
  CHECK(run({"eval", "caption", half, "--split", "val"}).code == 0);  // it knows its data
  CHECK_THAT(run({"convert", path, temp / "x", "--to", "caption", "--dtype", "bf16"}).err,
             Catch::Contains("--dtype bf16 does not go with --to caption"));
}

TEST_CASE("cli: convert takes a checkpoint of the original, without what only training needs") {
  TempFolder temp;
  const std::string source = kOracles + "blip/checkpoint/";
  const Json config = Json::read(source + "config.json");
  const std::string sizes = write_sizes(temp / "sizes.toml", sizes_of_original(config));
  for (const auto& entry : std::filesystem::directory_iterator(source)) {
    if (entry.path().extension() != ".pth") continue;
    INFO(entry.path());
    const std::string name = entry.path().stem().string(), made = temp / name;
    const Words from{entry.path().string(),      made, "--to", "run", "--config", sizes, "--vocab",
                     kOracles + "blip/vocab.txt"};
    const Result r = run(with({"convert"}, from));
    INFO(r.err);
    REQUIRE(r.code == 0);
    CHECK_THAT(r.out, Catch::Contains("that only training needs"));
    convert({made, temp / (name + "_hf"), "--to", "caption"});
    CHECK(captions(temp / (name + "_hf")) == captions(made));
    CHECK(run({"inspect", made}).code == 0);
    // Another picture size: position embeddings are resized.
    Words larger = with(from, {"--image-size", "48"});
    larger[1] = temp / (name + "_48");
    const Result resized = run(with({"convert"}, larger));
    CHECK_THAT(resized.out, Catch::Contains("resized"));
    CHECK(captions(temp / (name + "_48")) != "");
    CHECK_THAT(run({"convert", entry.path().string(), temp / "y", "--to", "run"}).err,
               Catch::Contains("--vocab"));
  }
}

TEST_CASE("cli: convert says what does not fit") {
  TempFolder temp;
  const std::string vocab = kCaption + "/vocab.txt", file = temp / "a.safetensors";
  convert({kCaption, file, "--to", "safetensors"});
  const Result sizes =
      run({"convert", file, temp / "b", "--to", "caption", "--vocab", vocab, "--config", "tiny"});
  CHECK(sizes.code == 3);
  CHECK_THAT(sizes.err, Catch::Contains("of another shape"));
  CHECK(!std::filesystem::exists(temp / "b"));
  CHECK(run({"convert", temp / "none", temp / "b", "--to", "caption"}).code == 5);
  CHECK(run({"convert", kCaption, temp / "b", "--to", "nothing"}).code == 2);
  CHECK(run({"convert", kCaption, file, "--to", "safetensors"}).code == 5);
  CHECK_THAT(
      run({"convert", kOracles + "hf/models/contrastive", temp / "b", "--to", "safetensors"}).err,
      Catch::Contains("BlipModel"));
  convert({kOracles + "hf/models/vqa", temp / "vqa", "--to", "vqa"});
  const Words question{kPicture, "--question", "what color?"};
  CHECK(run(with({"answer", temp / "vqa"}, question)).out ==
        run(with({"answer", kOracles + "hf/models/vqa"}, question)).out);
}

}  // namespace medley::train
