// Runs of the tiny configuration: a second or less each.
#pragma once

#include <string>
#include <vector>

#include "models/objectives/contrastive.h"
#include "tests/train/temp_folder.h"
#include "train/loop/trainer.h"

namespace medley::train {

inline TrainConfig tiny_config() {
  TrainConfig config = load_config("tiny");
  config.steps = 12;
  config.batch_size = 4;
  config.data.scenes = 50;  // 12 passes over which the order must go on right
  config.eval.scenes = 8;
  config.log_every = 3;
  config.checkpoint_every = 5;
  config.keep_checkpoints = 3;
  config.threads = 1;
  return config;
}

// Everything that a checkpoint knows of the model, as bytes.
inline std::string model_bytes(const std::string& checkpoint) {
  std::string bytes;
  for (const char* name : {"model", "momentum", "optimizer", "queue"})
    bytes += read_bytes(checkpoint + "/" + name + ".safetensors");
  return bytes;
}

inline std::string final_bytes(const std::string& run, const TrainConfig& config) {
  return model_bytes(checkpoint_path(run + "/checkpoints", config.steps));
}

// The lines of metrics.jsonl without what the clock decides.
inline std::vector<std::string> timeless_lines(const std::string& run) {
  std::vector<std::string> lines;
  for (Json& line : read_metrics(run + "/metrics.jsonl"))
    lines.push_back(line.set("seconds", 0).set("images_per_second", 0).dump());
  return lines;
}

// The momentum model and the queue of a run.
inline models::Contrastive& contrastive(TrainingState& state) {
  return dynamic_cast<models::Contrastive&>(*state.objective);
}

// A few steps of the recipe small_<objective> for a model of these sizes, on scenes, or on
// tasks/<objective>/train.json (`medley data make`).
inline TrainConfig tiny_finetuning(const std::string& objective, const models::ModelConfig& sizes,
                                   const TempFolder& tasks, int64_t steps) {
  TrainConfig config = load_config("small_" + objective, &sizes);
  config.steps = steps;
  config.epochs = 0;
  config.batch_size = 4;
  config.threads = 1;
  config.eval.splits.clear();
  config.data.kind = "scenes";
  config.data.scenes = 50;
  if (objective == "vqa" || objective == "nlvr") {
    config.data.kind = "files";
    config.data.path = tasks / (objective + "/train.json");
  }
  return config;
}

}  // namespace medley::train
