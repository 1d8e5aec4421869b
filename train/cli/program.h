// The parts of the command line that its files share. CLI11 takes long to compile: nothing but they
// includes it.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "train/cli/commands.h"

namespace medley::train {

struct Program {
  CLI::App app{"medley trains BLIP, a model of pictures and text, from nothing.", "medley"};
  PretrainOptions pretrain;
  DemoOptions demo;
  CaptionOptions caption;
  MatchOptions match;
  FeatureOptions features;
  EvalCommandOptions eval;
  InspectOptions inspect;
  DataCheckOptions check;
  ReportOptions report;
  bool info_json = false;
  std::function<int()> command;
};

void json_flag(CLI::App* sub, bool& flag);

// Commands that use a trained model: caption, match, features.
void add_model_commands(Program& program);

}  // namespace medley::train
