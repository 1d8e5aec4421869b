// Everything that decides a training run. A configuration is TOML: `preset` names the preset that
// missing keys come from, the tables [model] [losses] [data] [jitter] [augment] [train] [finetune]
// [eval] change it. Presets are of a whole model (scenes, base), or recipes of fine-tuning (vqa,
// small_vqa), whose model is another's. Unknown keys and wrong types are refused with file, line
// and the nearest name. print_config() writes all of it, in a form that loads unchanged.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "models/config.h"
#include "train/data/dataset.h"
#include "train/data/loader.h"

namespace medley::train {

struct DataConfig {
  std::string kind = "files";  // scenes: composed pictures; files: what open_data() reads
  std::string path;            // files: list, folder or shards; empty: the list that medley ships
  std::string images;          // files: folder or tar of the pictures; empty: found beside the list
  std::string val;             // files: split val: a path, or a part of the pictures such as 5%
  std::string image_column, text_column, answer_column;  // files: of a table; empty: usual names
  double max_bad = -1;  // pictures that may be bad; below 1: a part; -1: none, of shards 1 %
  std::string exif = "original";    // files: apply turns pictures upright, as EXIF says
  std::string grey16 = "clip";      // files: scale keeps the upper half of 16 bits
  bool strict = false;              // files: damaged pictures that Pillow shows are bad
  std::string vocabulary;           // vocab.txt to use; empty: one is trained from the captions
  std::string vocabulary_checksum;  // of the run's vocab.txt; training writes it
  double references = 0;            // probability that another right text stands in for the caption
  int64_t scenes = 1'000'000;       // scenes only: number of different training pictures
  int64_t workers = 1;              // threads that prepare batches; 0: none of their own
  int64_t prefetch = 4;             // batches kept ready
};

struct OptimizerConfig {
  double lr = 3e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double decay = 0.05;
  double temperature_lr = 1.0;     // rate of the temperature, as a part of lr
  std::string schedule = "paper";  // see train/loop/schedule.h
  int64_t warmup_steps = 3000;
  double gradient_clip = 0;  // largest gradient norm; 0: any
};

// Training that starts from a trained model.
struct FinetuneConfig {
  std::string from;        // run, checkpoint, Hugging Face folder or .pth; empty: from nothing
  std::string freeze;      // vision, text or all-but-heads stay as they are; empty: nothing does
  int64_t new_words = 0;   // frequent words that the vocabulary has in pieces only become pieces
  double layer_decay = 1;  // factor on the rate from each block to the one below
  int64_t lora_rank = 0;   // low-rank changes of attention and FFN alone; 0: whole matrices
  double lora_alpha = 16;  // their scale is lora_alpha / lora_rank
};

struct EvalConfig {
  std::vector<std::string> splits;  // evaluated after training; eval_every uses the first
  int64_t scenes = 400;             // scenes only: pictures of a split
  int64_t rerank = 16;              // candidates that ITM orders again
  int64_t batch_size = 64;
};

struct TrainConfig {
  std::string preset = "base";
  models::ModelConfig model;
  models::LossConfig losses;
  DataConfig data;
  SceneJitter jitter;  // scenes only
  AugmentConfig augment;
  OptimizerConfig optimizer;
  FinetuneConfig finetune;
  std::string objective = "pretrain";  // or retrieval, caption, vqa, nlvr
  std::string prompt;                  // caption: what every caption begins with
  bool swap_pictures = false;          // nlvr: the two pictures of a row change places at random
  int64_t steps = 100'000;             // 0: epochs decide
  double epochs = 0;   // passes over the data; with steps: whichever ends first; 0: steps decide
  double minutes = 0;  // stop cleanly after so much training time; 0: never
  int64_t batch_size = 64;
  int64_t accumulate = 1;  // batches a step: it follows the mean of their gradients
  int64_t seed = 1;
  std::string device = "auto";  // cpu, cuda, cuda:N; auto: the first GPU, else the CPU
  // bf16, on a GPU: activations and products in bf16, weights in f32. f64, on a CPU: everything, by
  // the reference kernels, to tell rounding from a mistake.
  std::string precision = "f32";
  bool graph = true;    // on a GPU: record a batch once and launch it as one; changes no result
  int64_t threads = 0;  // 0: as many as the machine has
  int64_t max_bad_steps = 10;  // steps in a row with NaN or infinity before training gives up
  int64_t log_every = 50;
  int64_t eval_every = 0;           // 0: only after training; with patience after each pass
  std::string metric;               // what decides between two checkpoints; empty: the objective's
  int64_t patience = 0;             // evaluations without a better one before training ends; 0: any
  bool tensorboard = false;         // event files for TensorBoard
  int64_t checkpoint_every = 1000;  // and after the last step
  int64_t keep_checkpoints = 2;
  EvalConfig eval;

  int64_t pictures_per_step() const { return batch_size * accumulate; }
};

// What a number may be; infinity and NaN are in no bounds.
struct Bounds {
  double low = 0, high = 0;
  bool above = false, below = false;  // low, high themselves are left out
};

// One key of the file and where its value lives in a TrainConfig.
struct ConfigKey {
  std::string table, key, help;
  std::variant<int64_t*, double*, bool*, std::string*, std::vector<std::string>*> value;
  bool may_change = false;  // on resume: has no influence on the weights
  Bounds bounds = {};       // of a number
};
std::vector<ConfigKey> config_keys(TrainConfig& config);
// ", did you mean 'lr'?" for a word that is none of the known ones: a typing mistake, or what other
// tools call it.
std::string nearest_key(const std::string& word, const std::vector<std::string>& known);

std::vector<std::string> config_preset_names();
// `name` is a preset or the path of a TOML file. With `sizes` the model is of these sizes, but for
// what the preset or the file says of it. Throws ConfigError, IoError.
TrainConfig load_config(const std::string& name, const models::ModelConfig* sizes = nullptr);
TrainConfig parse_config(const std::string& toml, const std::string& source,
                         const models::ModelConfig* sizes = nullptr);
// "train.steps=300", or "steps=300" where only one table has the key.
void set_config(TrainConfig& config, const std::string& assignment);
std::string print_config(const TrainConfig& config);
// Bounds of every key, and what keys ask of one another. Throws ConfigError that names the key, its
// value and what it must be.
void validate(const TrainConfig& config);

struct ConfigDifference {
  std::string key, first, second;  // "train.lr", "0.002", "0.001"
  bool may_change = false;
};
std::vector<ConfigDifference> compare_configs(const TrainConfig& first, const TrainConfig& second);

// Paths that are not absolute begin at `folder` from now on: "" is where the program runs.
void make_paths_absolute(TrainConfig& config, const std::string& folder);

// The folder of the pictures that medley ships with: MEDLEY_DATA, else beside the source or the
// installed program.
std::string default_data_folder();
// The same; throws IoError with the way out when it is not there.
std::string require_default_data();
// What is to be opened for the name of a model: for "demo", where nothing has that name, the
// trained model that medley ships with.
std::string model_path(const std::string& name);

}  // namespace medley::train
