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
  PretrainOptions pretrain;
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
  DataMakeOptions make;
  ReportOptions report;
  bool info_json = false;
  std::function<int()> command;
};

// --json of a command.
void json_flag(CLI::App* sub, bool& flag);

// Commands that use a trained model: caption, match, answer, features, convert.
void add_model_commands(CLI::App& app, Program& program);

}  // namespace medley::train
