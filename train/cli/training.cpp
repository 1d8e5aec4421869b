// medley pretrain and medley finetune: configuration, training, evaluation, report.
#include "core/cuda/device.h"
#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/io/files.h"
#include "train/report/finish.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

std::string recipe_of(const TrainingOptions& options, const ModelSource& source) {
  if (!options.config.empty()) return options.config;
  return (is_of_drawings(source.hf.model) ? "small_" : "") + options.task;
}

// The model that training starts with, where it is not a run that goes on.
std::optional<ModelSource> source_of(const TrainingOptions& options) {
  if (!options.resume.empty()) return std::nullopt;
  if (!options.from.empty())
    return find_model(options.from, {.config = options.sizes, .vocab = options.vocab});
  if (!options.task.empty())
    throw ConfigError("medley finetune needs the model that it starts from",
                      "give it with --from; medley pretrain begins with nothing");
  return std::nullopt;
}

// The configuration before the options of the command line.
TrainConfig first_config(const TrainingOptions& options, const ModelSource* source) {
  if (!options.resume.empty()) {
    TrainConfig config = load_config(open_run(options.resume).config());
    make_paths_absolute(config, options.resume);
    return config;
  }
  if (options.task.empty() && !source) return load_config(options.config);
  const models::ModelConfig* sizes = source ? &source->hf.model : nullptr;
  if (options.task.empty()) return load_config(options.config, sizes);
  TrainConfig config = load_config(recipe_of(options, *source), sizes);
  config.model.max_tokens = std::min(config.model.max_tokens, config.model.max_positions);
  return config;
}

TrainConfig effective_config(const TrainingOptions& options, const ModelSource* source) {
  TrainConfig config = first_config(options, source);
  if (!options.task.empty() && config.objective != options.task)
    throw ConfigError(str(options.resume.empty() ? "--config " + options.config : options.resume,
                          " is for ", config.objective, ", not ", options.task),
                      "give one whose train.objective is " + options.task);
  auto set = [&](const char* key, const auto& value) {
    if (value) set_config(config, str(key, "=", *value));
  };
  if (!options.from.empty()) config.finetune.from = options.from;
  if (options.data == "scenes") {
    config.data.kind = "scenes";
  } else if (!options.data.empty()) {
    config.data.kind = "files";
    config.data.path = options.data;
  }
  if (!options.images.empty()) config.data.images = options.images;
  if (!options.val.empty()) config.data.val = options.val;
  if (options.image_size) config.model.image_size = *options.image_size;
  for (const std::string& assignment : options.set) set_config(config, assignment);
  // A number of steps that is asked for counts beside the recipe's epochs; epochs alone do, too.
  set("train.steps", options.steps);
  set("train.epochs", options.epochs);
  set("train.minutes", options.minutes);
  set("train.batch_size", options.batch);
  set("train.lr", options.lr);
  set("train.seed", options.seed);
  set("train.device", options.device);
  set("train.threads", options.threads);
  set("train.patience", options.patience);
  set("finetune.layer_decay", options.layer_decay);
  set("finetune.lora_rank", options.lora);
  if (options.tensorboard) config.tensorboard = true;
  if (!options.schedule.empty()) config.optimizer.schedule = options.schedule;
  if (!options.metric.empty()) config.metric = options.metric;
  if (!options.freeze.empty()) config.finetune.freeze = options.freeze;
  make_paths_absolute(config, "");
  validate(config);
  return config;
}

std::string shape_of_training(const Trainer& trainer, const TrainConfig& config) {
  std::string text = str("to step ", trainer.last_step());
  if (config.epochs > 0) text += str(" (", config.epochs, " passes over the data)");
  if (config.minutes > 0) text += str(", at most ", config.minutes, " minutes");
  return text;
}

// How much of the model is trained, where that is not all.
std::string trained_part(const TrainingState& state) {
  const int64_t all = parameter_count(state.objective->weights().weights);
  const int64_t trained = state.optimizers.elements();
  return trained == all ? "" : str(" (", with_commas(trained), " numbers are trained)");
}

void announce(Trainer& trainer) {
  TrainingState& state = trainer.state();
  const TrainConfig& config = state.config;
  const TrainingData& data = trainer.data();
  info(str("training data: ", data.train.summary));
  for (const NamedData& split : data.splits) info(str("split ", split.name, ": ", split.summary));
  for (const std::string& line : state.taken.lines) info(line);
  std::string begin = state.step > 0              ? str("from step ", state.step)
                      : state.taken.lines.empty() ? "from nothing"
                                                  : "from a trained model";
  info(str("training ", config.preset, " ", begin, " ", shape_of_training(trainer, config), ": ",
           fixed(static_cast<double>(parameter_count(state.objective->weights().weights)) / 1e6, 2),
           " million parameters", trained_part(state), ", vocabulary ", state.tokenizer.size(),
           ", batch ", config.batch_size,
           config.accumulate > 1 ? str(" x ", config.accumulate) : "", ", seed ", config.seed,
           ", into ", trainer.run().path));
}

Trainer start(const TrainConfig& config, const TrainingOptions& options,
              const ModelSource* source) {
  if (!options.resume.empty())
    return Trainer::resume(config, options.resume, options.allow_changed_data);
  const std::string out = options.out.empty() ? "runs/" + config.preset : options.out;
  if (!source) return Trainer::start(config, out);
  const Origin origin{source->source, source->hf.model, source->tokenizer};
  return Trainer::start(config, out, &origin);
}

void explain_end(const TrainOutcome& outcome, const Trainer& trainer) {
  if (outcome.end == TrainOutcome::out_of_time)
    info(str("the time is up after step ", outcome.step, " of ", trainer.last_step()));
  if (outcome.end == TrainOutcome::no_better)
    info(str("no better evaluation followed that of step ", outcome.best.step, " (",
             fixed(outcome.best.value, 3), "): training ends after step ", outcome.step));
  info(str("trained ", outcome.step, " steps in ", duration(outcome.seconds), ", ",
           fixed(outcome.images_per_second, 0), " images/s"));
}

}  // namespace

bool is_of_drawings(const models::ModelConfig& model) {
  constexpr int64_t kWidthOfOriginal = 384;
  return model.vit_width < kWidthOfOriginal;
}

std::optional<TrainedRun> train_run(const TrainingOptions& options) {
  const std::optional<ModelSource> source = source_of(options);
  const TrainConfig config = effective_config(options, source ? &*source : nullptr);
  Trainer trainer = start(config, options, source ? &*source : nullptr);
  announce(trainer);
  TrainOutcome outcome = trainer.train();
  const RunFolder& run = trainer.run();
  if (outcome.end == TrainOutcome::stopped) {
    info(str("stopped after step ", outcome.step,
             "; everything is saved. Go on with:\n  medley "
             "pretrain --resume ",
             run.path));
    return std::nullopt;
  }
  explain_end(outcome, trainer);
  FinishedRun finished = finish_run(run, outcome, cuda::choose_device(config.device));
  std::string report = write_report(run);
  if (finished.problem) {
    info(str("the run is trained; what could be evaluated is in ", run.summary(), " and ", report));
    std::rethrow_exception(finished.problem);
  }
  return TrainedRun{std::move(finished.summary), std::move(report)};
}

int train_command(const TrainingOptions& options) {
  if (options.print_config) {
    const std::optional<ModelSource> source = source_of(options);
    std::string toml = print_config(effective_config(options, source ? &*source : nullptr));
    toml.pop_back();  // print() ends the line
    print(toml);
    return 0;
  }
  const std::optional<TrainedRun> trained = train_run(options);
  if (!trained) return kExitStopped;
  if (options.json) {
    print_json(trained->summary);
  } else {
    print_eval(trained->summary.at("eval"));
    print("report: " + trained->report);
  }
  return 0;
}

}  // namespace medley::train
