// medley pretrain: configuration, training, evaluation, report.
#include "core/cuda/device.h"
#include "core/log.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/io/files.h"
#include "train/report/finish.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

TrainConfig effective_config(const PretrainOptions& options) {
  TrainConfig config = options.resume.empty() ? load_config(options.config)
                                              : load_config(open_run(options.resume).config());
  auto set = [&](const char* key, const auto& value) {
    if (value) set_config(config, str(key, "=", *value));
  };
  for (const std::string& assignment : options.set) set_config(config, assignment);
  set("train.steps", options.steps);
  set("train.minutes", options.minutes);
  set("train.batch_size", options.batch);
  set("train.seed", options.seed);
  set("train.device", options.device);
  set("train.threads", options.threads);
  validate(config);
  return config;
}

void announce(Trainer& trainer) {
  TrainingState& state = trainer.state();
  const TrainConfig& config = state.config;
  std::string begin = state.step > 0 ? str("from step ", state.step) : "from nothing";
  info(str("training ", config.preset, " ", begin, " to step ", config.steps, ": ",
           fixed(static_cast<double>(parameter_count(state.objective->weights().weights)) / 1e6, 2),
           " million parameters, vocabulary ", state.tokenizer.size(), ", batch ",
           config.batch_size, config.accumulate > 1 ? str(" x ", config.accumulate) : "", ", seed ",
           config.seed, ", into ", trainer.run().path));
}

}  // namespace

int pretrain(const PretrainOptions& options) {
  TrainConfig config = effective_config(options);
  if (options.print_config) {
    std::string toml = print_config(config);
    toml.pop_back();  // print() ends the line
    print(toml);
    return 0;
  }
  std::string out = options.out.empty() ? "runs/" + config.preset : options.out;
  Trainer trainer = options.resume.empty() ? Trainer::start(config, out)
                                           : Trainer::resume(config, options.resume);
  announce(trainer);
  TrainOutcome outcome = trainer.train();
  const RunFolder& run = trainer.run();
  if (outcome.end == TrainOutcome::stopped) {
    info(str("stopped after step ", outcome.step,
             "; everything is saved. Go on with:\n  medley "
             "pretrain --resume ",
             run.path));
    return kExitStopped;
  }
  if (outcome.end == TrainOutcome::out_of_time)
    info(str("the time is up after step ", outcome.step, " of ", config.steps));
  info(str("trained ", outcome.step, " steps in ", duration(outcome.seconds), ", ",
           fixed(outcome.images_per_second, 0), " images/s"));
  Json summary = finish_run(run, outcome, cuda::choose_device(config.device));
  std::string page = write_report(run);
  if (options.json) {
    print_json(summary);
  } else {
    print_eval(summary.at("eval"));
    print("report: " + page);
  }
  return 0;
}

}  // namespace medley::train
