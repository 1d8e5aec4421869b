// The training loop.
#include "train/loop/trainer.h"

#include <sys/resource.h>

#include <chrono>
#include <limits>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "core/threads.h"
#include "train/checkpoint/folder.h"
#include "train/eval/evaluate.h"
#include "train/io/files.h"
#include "train/loop/bad_step.h"
#include "train/loop/data_source.h"
#include "train/loop/schedule.h"
#include "train/loop/stop_signal.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

LoaderConfig loader_config(const TrainConfig& config, bool pinned) {
  LoaderConfig loader;
  loader.batch_size = config.batch_size;
  loader.image_size = config.model.image_size;
  loader.text.max_tokens = config.model.max_tokens;
  loader.text.references = config.data.references;
  loader.augment = config.augment;
  loader.seed = static_cast<uint64_t>(config.seed);
  loader.workers = static_cast<int>(config.data.workers);
  loader.prefetch = config.data.prefetch;
  loader.pinned = pinned;
  return loader;
}

// For a run that ends in the middle of a step.
std::string what_is_kept(const RunFolder& run) {
  const std::string checkpoint = latest_checkpoint(run.checkpoints());
  if (checkpoint.empty()) return "the run has no checkpoint yet: " + run.path;
  return str("the run's last checkpoint is ", checkpoint,
             "; go on from it with\n  medley pretrain "
             "--resume ",
             run.path);
}

double figure_in(const Json& eval, const std::vector<std::string>& path) {
  const Json* at = &eval;
  for (const std::string& key : path) at = &at->at(key);
  return at->number();
}

std::string joined(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& key : path) text += (text.empty() ? "" : " ") + key;
  return text;
}

void use_threads(const TrainConfig& config) {
  if (config.threads > 0) set_thread_count(static_cast<int>(config.threads));
}

}  // namespace

Trainer Trainer::start(const TrainConfig& config, const std::string& folder) {
  validate(config);
  use_threads(config);
  refuse_existing_run(folder);
  std::unique_ptr<Dataset> data = open_training_set(config);
  models::Tokenizer tokenizer = make_tokenizer(config, *data);
  auto state = std::make_unique<TrainingState>(config, tokenizer);
  return Trainer(create_run(folder, config, tokenizer), std::move(data), std::move(state));
}

Trainer Trainer::resume(const TrainConfig& config, const std::string& folder) {
  validate(config);
  use_threads(config);
  RunFolder run = open_run(folder);
  remove_partial_checkpoints(run.checkpoints());
  std::string checkpoint = latest_checkpoint(run.checkpoints());
  models::Tokenizer tokenizer =
      models::Tokenizer::read(checkpoint.empty() ? run.vocabulary() : checkpoint + "/vocab.txt");
  auto state = std::make_unique<TrainingState>(config, tokenizer);
  if (!checkpoint.empty()) state->restore(checkpoint);
  return Trainer(run, open_training_set(config), std::move(state));
}

Trainer::Trainer(RunFolder run, std::unique_ptr<Dataset> data, std::unique_ptr<TrainingState> state)
    : run_(std::move(run)),
      data_(std::move(data)),
      state_(std::move(state)),
      metrics_(run_.metrics(), state_->step) {}

TrainOutcome Trainer::train() {
  TrainingState& state = *state_;
  const TrainConfig& config = state.config;
  int64_t number = state.step * config.accumulate;
  Loader loader(*data_, state.tokenizer, loader_config(config, state.device().kind == Device::Cuda),
                number);
  const auto next = [&] {
    models::Batch batch = loader.next();
    if (hooks.on_batch) hooks.on_batch(number, batch);
    ++number;
    return batch;
  };
  BatchFeed feed(next, state.device());
  StopSignal signal;
  progress_ = std::make_unique<Progress>(state.step, config.steps);
  TrainOutcome outcome;
  while (state.step < config.steps) {
    auto start = std::chrono::steady_clock::now();
    try {
      step(feed);
    } catch (const MemoryError& error) {
      throw MemoryError(str(error.what(), "\n  ", what_is_kept(run_)));
    }
    state.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    bool last = state.step == config.steps;
    log(last);
    if (config.eval_every > 0 && state.step % config.eval_every == 0) evaluate();
    bool stop = StopSignal::requested() || (hooks.stop && hooks.stop(state.step));
    bool late = config.minutes > 0 && state.seconds >= config.minutes * 60;
    if (!last && (stop || late)) {
      outcome.end = stop ? TrainOutcome::stopped : TrainOutcome::out_of_time;
      break;
    }
    if (!last && state.step % config.checkpoint_every == 0) save(false);
  }
  progress_.reset();
  save(true);
  outcome.step = state.step;
  outcome.seconds = state.seconds;
  outcome.images_per_second = images_per_second();
  outcome.peak_rss_mb = peak_rss_mb();
  return outcome;
}

void Trainer::step(BatchFeed& feed) {
  TrainingState& state = *state_;
  const TrainConfig& config = state.config;
  StepOptions options;
  const int64_t pass = data_->size() / config.pictures_per_step();
  options.lr = learning_rate(config.optimizer, state.step, config.steps, pass);
  if (state.device().kind == Device::Cuda && config.graph) options.graph = &graph_;
  if (hooks.after_backward)
    options.after_backward = [&](models::Objective& objective) {
      hooks.after_backward(state.step, objective);
    };
  options.last = state.step + 1 == config.steps;
  const StepOutcome outcome = train_step(state, feed, options);
  if (!outcome.problem.empty()) return skip(outcome);
  state.bad_steps = 0;
  state.sums.add(outcome.figures.values);
  ++state.step;
}

void Trainer::skip(const StepOutcome& bad) {
  TrainingState& state = *state_;
  ++state.step;
  ++state.bad_steps;
  state.sums.add_skipped();
  progress_->clear();
  std::string kept;
  try {
    kept = str("; its ", bad.batches.size() == 1 ? "batch is" : "batches are", " in ",
               save_bad_step(run_.path, state.step, bad.batches));
  } catch (const IoError& error) {
    warn(error.what());
  }
  warn(str("step ", state.step, " is skipped: ", bad.problem, kept));
  if (state.bad_steps < state.config.max_bad_steps) return;
  throw NonFiniteError(
      str(state.bad_steps, " steps in a row were not finite; the last: ", bad.problem),
      "a lower train.lr, a longer train.warmup_steps or train.gradient_clip = 1.0 may help; the "
      "checkpoints in " +
          run_.checkpoints() + " are from before");
}

void Trainer::log(bool last) {
  TrainingState& state = *state_;
  const Figures means = state.sums.means();
  double speed = images_per_second();
  if (state.sums.steps() > 0) progress_->update(state.step, means, speed);
  if (state.step != 1 && state.step % state.config.log_every != 0 && !last) return;
  Json line = state.sums.line(state.step);
  line.set("images_per_second", speed).set("seconds", state.seconds);
  metrics_.append(line);
  if (state.sums.steps() > 0) progress_->line(state.step, means, speed);
  state.sums.reset();
}

void Trainer::evaluate() {
  TrainingState& state = *state_;
  const models::Evaluation what = state.objective->evaluation();
  if (state.config.eval.splits.empty() || what.best.empty()) return;
  const std::string& split = state.config.eval.splits[0];
  std::unique_ptr<Dataset> data = open_split(state.config, split);
  // The cheaper half of what is measured in the end, with what `best` names.
  const EvalOptions options{.retrieval = what.retrieval,
                            .captions = !what.retrieval,
                            .intervals = false,
                            .batch_size = state.config.eval.batch_size,
                            .rerank = 0};
  const Json result =
      evaluate_split(state.objective->model(), state.tokenizer, *data, options).figures;
  std::string best;
  const double now = figure_in(result, what.best);
  if (const auto [step, value] = best_of_run(split, what.best); step > 0)
    best = value >= now ? str(" (best: ", fixed(value, 3), " at step ", step, ")")
                        : str(" (the best; before: ", fixed(value, 3), " at step ", step, ")");
  Json line = Json::object();
  line.set("step", state.step).set("eval", Json::object().set(split, result));
  metrics_.append(line);
  progress_->clear();
  info(str("step ", state.step, ", ", split, ": ", joined(what.best), " ", fixed(now, 3), best));
}

std::pair<int64_t, double> Trainer::best_of_run(const std::string& split,
                                                const std::vector<std::string>& figure) const {
  std::pair<int64_t, double> best{0, 0};
  for (const Json& line : read_metrics(run_.metrics())) {
    const Json* eval = line.find("eval");
    const Json* found = eval ? eval->find(split) : nullptr;
    if (!found) continue;
    const double value = figure_in(*found, figure);
    if (best.first == 0 || value > best.second) best = {line.at("step").integer(), value};
  }
  return best;
}

void Trainer::save(bool must) {
  metrics_.sync();
  try {
    write_checkpoint(run_.checkpoints(), state_->step, state_->checkpoint_files(),
                     state_->config.keep_checkpoints);
  } catch (const IoError& error) {
    if (must) throw;
    progress_->clear();
    warn(str("no checkpoint at step ", state_->step, ": ", error.what(),
             "\n  training goes on; the next try is at step ",
             state_->step + state_->config.checkpoint_every));
  }
}

double Trainer::images_per_second() const {
  if (state_->seconds <= 0) return 0;
  return static_cast<double>(state_->step * state_->config.pictures_per_step()) / state_->seconds;
}

int64_t peak_rss_mb() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

}  // namespace medley::train
