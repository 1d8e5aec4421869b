// The parts of the command line that its files share.
#pragma once

#include <functional>

#include "train/cli/commands.h"

namespace CLI {
class App;
}

namespace medley::train {

// The options of every command, and what to run once the command line is read.
struct Program {
  TrainingOptions pretrain, finetune;
  DemoOptions demo;
  CaptionOptions caption;
  MatchOptions match;
  AnswerOptions answer;
  ConvertOptions convert;
  FeatureOptions features;
  EvalCommandOptions eval;
  ScoreOptions score;
  InspectOptions inspect;
  DataCheckOptions check;
  DataConvertOptions data_convert;
  DataMakeOptions make;
  CapfiltOptions capfilt;
  CapfiltRunOptions capfilt_run;
  ExperimentOptions experiment;
  DrawOptions draw;
  ReportOptions report;
  bool info_json = false;
  std::function<int()> command;
};

// --exif, --grey16 and --strict: how pictures are read.
void picture_options(CLI::App* sub, PictureOptions& pictures);
// --json of a command.
void json_flag(CLI::App* sub, bool& flag);

// Commands that use a trained model: caption, match, answer, features, convert.
void add_model_commands(CLI::App& app, Program& program);
// medley data ...: commands that work with data sets.
void add_data_commands(CLI::App& app, Program& program);
// medley capfilt ...: captions and a filter for pictures of the web; medley experiment.
void add_capfilt_commands(CLI::App& app, Program& program);
// eval and its tasks.
void add_eval_commands(CLI::App& app, Program& program);
// Parts that they share: which file or folder a model is, and how it is opened.
inline constexpr const char* kModelHelp =
    "run, checkpoint, Hugging Face folder, .pth or safetensors file; demo: the model that medley "
    "ships with";
inline constexpr int kMostAtOnce = 65'536;  // pictures
void open_options(CLI::App* sub, OpenOptions& open);

}  // namespace medley::train
