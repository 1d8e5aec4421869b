// Evaluates a run and writes metrics.json and report.html.
#include "train/report/finish.h"

#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/eval/evaluate.h"
#include "train/io/files.h"
#include "train/loop/data_source.h"
#include "train/loop/state.h"
#include "train/report/collect.h"
#include "train/report/machine.h"

namespace medley::train {

int64_t parameter_count(const FlatArena& weights) {
  int64_t count = 0;
  for (const ArenaEntry& entry : weights.layout().entries())
    if (entry.owner.empty()) count += entry.shape.elements();
  return count;
}

namespace {

// A split that cannot be evaluated, because of a bad picture say, does not take the others with it.
Json evaluate_splits(LoadedModel& loaded, Json& problems, std::exception_ptr& first) {
  const EvalConfig& config = loaded.config.eval;
  const models::Evaluation what =
      new_objective(loaded.config, loaded.tokenizer, {Device::Meta})->evaluation();
  const EvalOptions options{.retrieval = what.retrieval,
                            .captions = what.captions,
                            .batch_size = config.batch_size,
                            .rerank = config.rerank};
  Json eval = Json::object();
  for (const std::string& split : config.splits) {
    info("evaluating " + split);
    try {
      eval.set(split,
               evaluate_loaded(loaded, *open_split(loaded.config, split).data, options).figures);
    } catch (const Error& error) {
      warn(str("split ", split, " has no figures: ", error.what()));
      problems.set(split, error.what());
      if (!first) first = std::current_exception();
    }
  }
  return eval;
}

}  // namespace

FinishedRun finish_run(const RunFolder& run, const TrainOutcome& outcome, Device device) {
  LoadedModel loaded = load_model(run.path, {.device = str(device)});
  Json training = Json::object();
  training.set("seconds", outcome.seconds)
      .set("steps", outcome.step)
      .set("images_per_second", outcome.images_per_second)
      .set("peak_rss_mb", outcome.peak_rss_mb);
  Json machine = Json::object();
  for (const auto& [name, value] : machine_facts()) machine.set(name, value);
  Json summary = Json::object(), problems = Json::object();
  FinishedRun finished;
  summary.set("config", loaded.config.preset)
      .set("seed", loaded.config.seed)
      .set("parameters", parameter_count(loaded.weights()))
      .set("train", training)
      .set("eval", evaluate_splits(loaded, problems, finished.problem))
      .set("machine", machine);
  if (finished.problem) summary.set("problems", problems);
  replace_file(run.summary(), summary.dump(1) + "\n");
  finished.summary = std::move(summary);
  return finished;
}

std::string write_report(const RunFolder& run) {
  LoadedModel loaded = load_model(run.path, {.device = "cpu"});
  std::error_code error;
  Json summary =
      std::filesystem::exists(run.summary(), error) ? Json::read(run.summary()) : Json::object();
  replace_file(run.report(), render_report(collect_report(run, loaded, summary)));
  return run.report();
}

}  // namespace medley::train
