// The trained model that ships with medley: it is the one that its README names, it knows its
// scenes, and its command still takes the same steps.
#include <filesystem>
#include <map>
#include <regex>

#include "kernels/cpu/isa.h"
#include "tests/train/data_support.h"
#include "tests/train/program.h"
#include "train/config/config.h"
#include "train/data/scene_request.h"
#include "train/io/checksum.h"
#include "train/loop/trainer.h"
#include "train/pipeline/pipeline.h"

namespace medley::train {
namespace {

const std::string kFolder = MEDLEY_SOURCE_DIR "/train/data/demo";

// "| `avx2`, 20 steps | `0123456789abcdef` |": what the table of the README says, by its first
// column.
std::map<std::string, std::string> hashes() {
  const std::string readme = read_bytes(kFolder + "/README.md");
  const std::regex row("\\| ([^|]+) \\| `([0-9a-f]{16})` \\|");
  std::map<std::string, std::string> found;
  for (std::sregex_iterator at(readme.begin(), readme.end(), row), end; at != end; ++at)
    found[(*at)[1]] = (*at)[2];
  return found;
}

TEST_CASE("the demo's model has the hash that its README names, and is small") {
  const std::string weights = kFolder + "/checkpoints/step-000000/model.safetensors";
  CHECK(file_checksum(weights) == hashes().at("`model.safetensors`"));
  CHECK(read_bytes(weights).size() < 2'000'000);
  CHECK(load_model("demo").source == kFolder + "/checkpoints/step-000000");
}

TEST_CASE("the demo's model captions scenes that it never saw") {
  const Pipeline blip = Pipeline::open("demo", {.device = "cpu"});
  const auto data = open_scenes(picturebook(), "test_seen", 40, 48, 1);
  std::vector<Picture> pictures;
  for (int64_t i = 0; i < data->size(); ++i) pictures.emplace_back(*data->picture(i));
  const auto said = blip.captions(blip.encode_pictures(blip.pixels(pictures)), {.max_length = 0});
  int right = 0;
  for (int64_t i = 0; i < data->size(); ++i)
    right += said[static_cast<size_t>(i)][0].text == data->row(i).text;
  CHECK(right >= 36);
}

TEST_CASE("caption and match take demo for a model, and a folder of that name first") {
  const TempFolder folder;
  const std::string out = folder / "out.png";
  REQUIRE(run({"draw", "a cat left of an owl", out}).code == 0);
  CHECK(run({"caption", "demo", out}).out.starts_with(out + ": a cat left of an owl "));
  CHECK(run({"match", "demo", out, "--text", "a cat left of an owl"}).code == 0);
  CHECK(model_path("demo") == kFolder);
  CHECK(model_path("runs/demo") == "runs/demo");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::create_directory(folder / "demo");
  std::filesystem::current_path(folder.path());
  CHECK(model_path("demo") == "demo");
  std::filesystem::current_path(before);
}

TEST_CASE("the demo's first 20 steps end with the weights that its README names") {
  const std::string isa(kernels::cpu::name_of(kernels::cpu::isa()));
  const auto known = hashes();
  const auto found = known.find("`" + isa + "`, 20 steps");
  if (found == known.end()) {
    WARN("skipped: no hash is known for the instruction set " << isa);
    return;
  }
  const TempFolder folder;
  TrainConfig config = load_config("scenes");
  config.steps = 20;
  Trainer::start(config, folder / "run").train();
  CHECK(file_checksum(folder / "run/checkpoints/step-000020/model.safetensors") == found->second);
}

}  // namespace
}  // namespace medley::train
