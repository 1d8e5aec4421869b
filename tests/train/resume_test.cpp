// A run that was stopped and resumed ends with the same bits as one that was not.
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "tests/catch.h"
#include "tests/train/tiny_run.h"
#include "train/io/files.h"
#include "train/pipeline/load_model.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

void stop_at(const TrainConfig& config, const std::string& run, int64_t step, bool first) {
  Trainer trainer = first ? Trainer::start(config, run) : Trainer::resume(config, run);
  trainer.hooks.stop = [=](int64_t done) { return done == step; };
  TrainOutcome outcome = trainer.train();
  CHECK(outcome.end == TrainOutcome::stopped);
  CHECK(outcome.step == step);
}

TEST_CASE("resume: stopping at any step changes no bit of the weights and no line of the metrics") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.model.dropout = 0.1;
  Trainer::start(config, folder / "whole").train();
  std::string whole = final_bytes(folder / "whole", config);
  std::vector<std::string> lines = timeless_lines(folder / "whole");
  REQUIRE(lines.size() == 5);  // steps 1, 3, 6, 9, 12
  for (int64_t step = 1; step < config.steps; ++step) {
    INFO("stopped at step " << step);
    std::string run = folder / ("at-" + std::to_string(step));
    stop_at(config, run, step, true);
    TrainOutcome outcome = Trainer::resume(config, run).train();
    CHECK(outcome.end == TrainOutcome::finished);
    CHECK(final_bytes(run, config) == whole);
    CHECK(timeless_lines(run) == lines);
  }
}

TEST_CASE("resume: stopping after every step is the same, too") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.steps = 6;
  Trainer::start(config, folder / "whole").train();
  for (int64_t step = 1; step < config.steps; ++step)
    stop_at(config, folder / "many", step, step == 1);
  Trainer::resume(config, folder / "many").train();
  CHECK(final_bytes(folder / "many", config) == final_bytes(folder / "whole", config));
  CHECK(timeless_lines(folder / "many") == timeless_lines(folder / "whole"));
}

TEST_CASE("resume: a run in f64 is the same, too, and its model is used in f32") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.precision = "f64";
  config.model.dropout = 0.1;
  config.steps = 6;
  Trainer::start(config, folder / "whole").train();
  stop_at(config, folder / "parts", 4, true);
  Trainer::resume(config, folder / "parts").train();
  CHECK(final_bytes(folder / "parts", config) == final_bytes(folder / "whole", config));
  CHECK(timeless_lines(folder / "parts") == timeless_lines(folder / "whole"));

  const LoadedModel model = load_model(folder / "whole");
  const std::string checkpoint = checkpoint_path(folder / "whole/checkpoints", config.steps);
  models::SafetensorsFile file(checkpoint + "/model.safetensors");
  const Tensor saved = file.read("visual_encoder.cls_token");
  CHECK(saved.dtype() == DType::f64);
  CHECK(model.weights().at("visual_encoder.cls_token").to_vector<float>() ==
        saved.to(DType::f32).to_vector<float>());
}

TEST_CASE(
    "resume: after a crash the steps since the checkpoint are done again, with the same result") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  std::string run = folder / "run";
  Trainer::start(config, run).train();
  std::string whole = final_bytes(run, config);
  std::vector<std::string> lines = timeless_lines(run);
  fs::remove_all(checkpoint_path(run + "/checkpoints", 12));
  // A line that the crash cut short.
  write_bytes(run + "/metrics.jsonl", read_bytes(run + "/metrics.jsonl") + "{\"step\": 1");
  Trainer trainer = Trainer::resume(config, run);
  CHECK(trainer.state().step == 10);
  trainer.train();
  CHECK(final_bytes(run, config) == whole);
  CHECK(timeless_lines(run) == lines);
}

TEST_CASE("resume: a damaged checkpoint is passed over, and the result is the same") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  std::string run = folder / "run";
  Trainer::start(config, run).train();
  std::string whole = final_bytes(run, config);
  for (int64_t step : {10, 12})
    fs::resize_file(checkpoint_path(run + "/checkpoints", step) + "/model.safetensors", 100);
  CHECK_THROWS_WITH(find_checkpoint(checkpoint_path(run + "/checkpoints", 12)),
                    Catch::Contains("model.safetensors has 100 bytes") &&
                        Catch::Contains("the newest that is intact is") &&
                        Catch::Contains("step-000005"));
  Trainer trainer = Trainer::resume(config, run);
  CHECK(trainer.state().step == 5);
  trainer.train();
  CHECK(final_bytes(run, config) == whole);
}

TEST_CASE("resume: another configuration is refused by the names of the keys") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  stop_at(config, folder / "run", 1, true);
  TrainConfig other = config;
  other.optimizer.lr = 0.5;
  other.model.text_depth = 1;
  other.threads = 2;  // changes no result
  CHECK_THROWS_AS(Trainer::resume(other, folder / "run"), CheckpointError);
  CHECK_THROWS_WITH(Trainer::resume(other, folder / "run"),
                    Catch::Contains("train.lr is 0.5 but was 0.002") &&
                        Catch::Contains("model.text_depth is 1 but was 2") &&
                        !Catch::Contains("threads"));
}

TEST_CASE("resume: a run is not overwritten, and a folder without one is named") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  stop_at(config, folder / "run", 1, true);
  CHECK_THROWS_WITH(Trainer::start(config, folder / "run"),
                    Catch::Contains("holds a run already") && Catch::Contains("--resume"));
  CHECK_THROWS_AS(Trainer::resume(config, folder / "none"), IoError);
  CHECK_THROWS_WITH(Trainer::resume(config, folder.path()), Catch::Contains("holds no run"));
}

}  // namespace
}  // namespace medley::train
