// The subcommands, apart from the reading of the command line. Each returns the exit code and
// throws typed errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/data/tasks/make.h"
#include "train/pipeline/pipeline.h"

namespace medley::train {

// Training was stopped by a signal; everything is saved. Like a shell's code for Ctrl-C.
inline constexpr int kExitStopped = 130;

struct PretrainOptions {
  std::string config = "scenes";  // preset or file
  std::string out;                // empty: runs/<preset>
  std::string resume;             // run to go on with
  std::vector<std::string> set;   // KEY=VALUE
  std::optional<std::string> device;
  std::optional<int64_t> steps, batch, seed, threads;
  std::optional<double> minutes;
  bool print_config = false;
  bool json = false;
};
int pretrain(const PretrainOptions& options);

struct DemoOptions {
  std::string out = "runs/demo";
  std::optional<int64_t> steps, seed, threads;
  bool json = false;
};
int demo(const DemoOptions& options);

// In the commands that use a trained model, `model` is what a Pipeline opens, and `files` are
// pictures, folders of them, or "-" (pictures.h). A picture that cannot be read is reported and
// left out; the exit code then is the error's.
struct CaptionOptions {
  std::string model;
  std::vector<std::string> files;
  std::string prompt;
  models::GenerateOptions generate{.max_length = 0};  // max_length 0: the model's own
  int64_t batch = 16;
  OpenOptions open;
  bool json = false;
};
int caption(const CaptionOptions& options);

struct MatchOptions {
  std::string model;
  std::vector<std::string> files, texts;
  std::string first_token;  // "enc", "cls"; empty: as the model was trained
  int64_t batch = 16;
  OpenOptions open;
  bool json = false;
};
int match(const MatchOptions& options);

struct AnswerOptions {
  std::string model;
  std::vector<std::string> files, questions;
  std::string candidates;  // file of answers, one a line, to choose from; empty: free answers
  AnswerRules rules;
  int64_t batch = 16;
  OpenOptions open;
  bool json = false;
};
int answer(const AnswerOptions& options);

struct ConvertOptions {
  std::string source, target;
  std::string to;  // caption, retrieval, vqa, run, safetensors
  OpenOptions open{.device = "cpu"};
};
int convert(const ConvertOptions& options);

struct FeatureOptions {
  std::string model;
  std::vector<std::string> files, texts;
  std::string kind = "contrast";  // contrast, state, multimodal
  std::string out;                // safetensors file
  int64_t batch = 16;
  OpenOptions open;
  bool json = false;
};
int features(const FeatureOptions& options);

struct EvalCommandOptions {
  std::string run;
  std::vector<std::string> splits;  // empty: all of the configuration
  std::string data, images;         // a list and a tar instead
  bool captions = false;            // else retrieval
  std::string device = "auto";
  bool json = false;
};
int evaluate(const EvalCommandOptions& options);

struct ScoreOptions {
  std::string predictions, references;  // COCO's result and annotation forms
  bool json = false;
};
int score_captions(const ScoreOptions& options);

struct InspectOptions {
  std::string path;  // safetensors file, run or checkpoint
  bool strict = false;
  bool json = false;
};
int inspect(const InspectOptions& options);

int info_command(bool json);

struct DataCheckOptions {
  std::string data, images;
  bool json = false;
};
int data_check(const DataCheckOptions& options);

struct DataMakeOptions {
  MakeOptions make;
  bool json = false;
};
int data_make(const DataMakeOptions& options);

struct ReportOptions {
  std::string run;
  bool json = false;
};
int report(const ReportOptions& options);

}  // namespace medley::train
