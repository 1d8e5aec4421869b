// The subcommands, apart from the reading of the command line. Each returns the exit code and
// throws typed errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/capfilt/capfilt.h"
#include "train/data/open.h"
#include "train/data/tasks/make.h"
#include "train/eval/evaluate.h"
#include "train/pipeline/pipeline.h"

namespace medley::train {

// Training was stopped by a signal; everything is saved. Like a shell's code for Ctrl-C.
inline constexpr int kExitStopped = 130;

struct TrainingOptions {
  std::string task;    // of finetune: caption, retrieval, vqa, nlvr; empty: pretrain
  std::string config;  // preset or file; empty: the recipe of the task and the model's size
  std::string from, sizes = "base", vocab;  // a trained model; what a file of weights does not say
  std::string data, images, val;            // data: a path, or "scenes"
  std::string out;                          // empty: runs/<preset>
  std::string resume;                       // run to go on with
  bool allow_changed_data = false;          // resume: other data than the run began with
  std::vector<std::string> set;             // KEY=VALUE
  std::string freeze, schedule, metric;
  std::optional<std::string> device;
  std::optional<int64_t> steps, batch, seed, threads, image_size, patience, lora;
  std::optional<double> minutes, epochs, lr, layer_decay;
  bool tensorboard = false;
  bool print_config = false;
  bool json = false;
};
int train_command(const TrainingOptions& options);
struct TrainedRun {
  Json summary;        // metrics.json
  std::string report;  // file
};
// A small model, which the original's rates would hardly move: it has recipes of its own, small_*.
bool is_of_drawings(const models::ModelConfig& model);
// The training without its output on stdout; empty when a signal stopped it.
std::optional<TrainedRun> train_run(const TrainingOptions& options);

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
  bool recursive = false;  // folders with all that is in them
  std::string prompt;
  models::GenerateOptions generate{.max_length = 0};  // max_length 0: the model's own
  int64_t batch = 16;
  PictureOptions pictures{.upright = true};
  OpenOptions open;
  std::string format;     // jsonl, csv, coco, txt; empty: lines for people
  std::string attention;  // folder for a strip of each picture: where each word looks
  bool json = false;
};
int caption(const CaptionOptions& options);

struct MatchOptions {
  std::string model;
  std::vector<std::string> files, texts;
  std::string first_token;  // "enc", "cls"; empty: as the model was trained
  int64_t batch = 16;
  PictureOptions pictures{.upright = true};
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
  PictureOptions pictures{.upright = true};
  OpenOptions open;
  bool json = false;
};
int answer(const AnswerOptions& options);

struct ConvertOptions {
  std::string source, target;
  std::string to;             // caption, retrieval, vqa, run, safetensors
  std::string dtype = "f32";  // or bf16: of the weights of a run or a file
  OpenOptions open{.device = "cpu"};
};
int convert(const ConvertOptions& options);

struct FeatureOptions {
  std::string model;
  std::vector<std::string> files, texts;
  std::string kind = "contrast";  // contrast, state, multimodal
  std::string out;                // safetensors file
  int64_t batch = 16;
  PictureOptions pictures{.upright = true};
  OpenOptions open;
  bool json = false;
};
int features(const FeatureOptions& options);

struct EvalCommandOptions {
  std::string task;  // caption, retrieval, vqa, nlvr, classify, video
  std::string model;
  std::vector<std::string> splits;  // of a run's own data; empty: all of its configuration
  std::string data, images;         // data of the user instead
  std::string out;                  // file for what the model said
  std::string candidates;           // file of answers or classes, one per line
  bool rank = false;                // vqa: choose from the training set's answers
  std::string first_token = "enc";  // or cls
  std::optional<int64_t> rerank, batch;
  PictureOptions pictures;  // of --data
  EvalOptions measure;
  OpenOptions open;
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
  std::string data, images;  // as open_data takes them
  ColumnNames columns;
  PictureOptions pictures;
  std::string val;         // another data set, or a part to hold out
  std::string vocab;       // vocab.txt
  int64_t max_tokens = 0;  // longest text with [CLS] and [SEP]; 0: any
  std::string html;        // file for a page of samples
  bool json = false;
};
int data_check(const DataCheckOptions& options);

struct DataConvertOptions {
  std::string data, images;  // as open_data takes them
  ColumnNames columns;
  std::string out;  // folder to make
  std::string to = "list";
  int64_t rows_per_shard = 10'000;
  int64_t side = 0;  // of pictures whose shorter side is longer; 0: as they are
};
int data_convert(const DataConvertOptions& options);
struct DataMakeOptions {
  MakeOptions make;
  bool json = false;
};
int data_make(const DataMakeOptions& options);

struct CapfiltOptions {
  LabelOptions label;
  SelectOptions select;
  JudgeOptions judge;
  bool json = false;
};
int capfilt_label(const CapfiltOptions& options);
int capfilt_select(const CapfiltOptions& options);
int capfilt_judge(const CapfiltOptions& options);

// What CapFilt begins with, and how its models are trained.
struct CapfiltSetup {
  std::string out;                                // folder of everything
  std::string config = "scenes";                  // of pre-trainings
  std::string web = {}, clean = {}, images = {};  // no web: a simulated one of scenes
  std::vector<std::string> eval = {};             // lists that models are measured on
  std::vector<std::string> set = {};              // KEY=VALUE, of pre-trainings
  std::optional<int64_t> count = {}, seed = {}, threads = {}, steps = {};
  std::optional<double> epochs = {};  // of captioner and filter
};

struct CapfiltRunOptions {
  CapfiltSetup setup{.out = "runs/capfilt"};
  SelectOptions select;
  bool json = false;
};
// Goes on where it was.
int capfilt_run(const CapfiltRunOptions& options);

struct ExperimentOptions {
  std::string table;  // table1 .. table4
  CapfiltSetup setup{.out = "runs/experiments"};
  int64_t seeds = 3;
  bool quick = false;  // a tiny model and few pairs: that every row works, and no more
  bool json = false;
};
// Goes on where it was.
int experiment(const ExperimentOptions& options);

struct DrawOptions {
  std::string caption, out;
  std::optional<int64_t> side;  // pixels; as models of scenes see them
  std::string artist;           // empty: by the rules of scenes
  int64_t seed = 1;
};
int draw(const DrawOptions& options);

struct ReportOptions {
  std::string run;
  bool json = false;
};
int report(const ReportOptions& options);

}  // namespace medley::train
