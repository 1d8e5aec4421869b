// The training loop.
#include "train/loop/trainer.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/checkpoint/folder.h"
#include "train/eval/evaluate.h"
#include "train/io/files.h"
#include "train/loop/bad_step.h"
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
  loader.text.prompt = config.prompt;
  loader.text.group_pictures = config.objective == "retrieval" && !config.losses.equal_captions;
  loader.text.swap_pictures = config.swap_pictures;
  loader.augment = config.augment;
  loader.max_bad = config.data.max_bad;
  loader.seed = static_cast<uint64_t>(config.seed);
  loader.workers = static_cast<int>(config.data.workers);
  loader.prefetch = config.data.prefetch;
  loader.pinned = pinned;
  return loader;
}

std::string joined(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& key : path) text += (text.empty() ? "" : " ") + key;
  return text;
}

}  // namespace

TrainOutcome Trainer::train() {
  TrainingState& state = *state_;
  const TrainConfig& config = state.config;
  int64_t number = state.step * config.accumulate;
  Loader loader(*data_.train.data, state.tokenizer,
                loader_config(config, state.device().kind == Device::Cuda), number);
  const auto next = [&] {
    models::Batch batch = loader.next();
    if (hooks.on_batch) hooks.on_batch(number, batch);
    ++number;
    return batch;
  };
  BatchFeed feed(next, state.device());
  StopSignal signal;
  progress_ = std::make_unique<Progress>(state.step, last_step_);
  TrainOutcome outcome;
  // A run that ended between the checkpoint and the evaluation of a step.
  if (state.step > 0 && is_evaluation_due() && evaluated_ < state.step) evaluate();
  const int64_t first = state.step;
  while (state.step < last_step_) {
    auto start = std::chrono::steady_clock::now();
    try {
      step(feed);
    } catch (...) {
      if (state.step > first) rescue();
      throw;
    }
    state.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    bool last = state.step == last_step_;
    tell_bad_pictures(loader);
    log(last);
    if (is_evaluation_due() || (!last && state.step % config.checkpoint_every == 0)) save(false);
    if (is_evaluation_due()) evaluate();
    bool stop = StopSignal::requested() || (hooks.stop && hooks.stop(state.step));
    bool late = config.minutes > 0 && state.seconds >= config.minutes * 60;
    const bool no_better = config.patience > 0 && best_.since >= config.patience;
    if (!last && (stop || late || no_better)) {
      outcome.end = stop   ? TrainOutcome::stopped
                    : late ? TrainOutcome::out_of_time
                           : TrainOutcome::no_better;
      break;
    }
  }
  save(true);
  progress_.reset();
  if (!data_.splits.empty() && !is_evaluation_due())
    events_.samples(state.objective->model(), state.tokenizer, *data_.splits[0].data, config.prompt,
                    state.step);
  outcome.step = state.step;
  outcome.best = best_;
  outcome.seconds = state.seconds;
  outcome.images_per_second = images_per_second();
  outcome.peak_rss_mb = peak_rss_mb();
  return outcome;
}

void Trainer::step(BatchFeed& feed) {
  TrainingState& state = *state_;
  const TrainConfig& config = state.config;
  StepOptions options;
  options.lr = learning_rate(config.optimizer, state.step, last_step_, steps_per_pass_);
  if (state.device().kind == Device::Cuda && config.graph) options.graph = &graph_;
  if (hooks.after_backward)
    options.after_backward = [&](models::Objective& objective) {
      hooks.after_backward(state.step, objective);
    };
  options.last = state.step + 1 == last_step_;
  const StepOutcome outcome = train_step(state, feed, options);
  if (!outcome.problem.empty()) return skip(outcome);
  state.bad_steps = 0;
  state.sums.add(outcome.figures.values);
  ++state.step;
}

// Warns of each picture that is left out, once in a process.
void Trainer::tell_bad_pictures(const Loader& loader) {
  for (const auto& [number, reason] : loader.bad_pictures())
    if (told_.insert(number).second) {
      progress_->clear();
      warn(str("a picture is left out (", told_.size(), " so far): ", reason));
    }
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
  events_.line(line);
  if (state.sums.steps() > 0) {
    progress_->line(state.step, means, speed);
    for (const std::string& wrong : watch_.look(state.step, means)) warn(wrong);
  }
  state.sums.reset();
}

bool Trainer::is_evaluation_due() const {
  return evaluate_every() > 0 && state_->step % evaluate_every() == 0 && !data_.splits.empty() &&
         !figure_.empty();
}

int64_t Trainer::evaluate_every() const {
  const TrainConfig& config = state_->config;
  if (config.eval_every > 0 || config.patience == 0) return config.eval_every;
  return std::max<int64_t>(1, steps_per_pass_);
}

void Trainer::evaluate() {
  TrainingState& state = *state_;
  const NamedData& split = data_.splits[0];
  // The cheaper half of what is measured in the end, with what decides.
  const bool captions = figure_[0] == "captions";
  const EvalOptions options{.retrieval = !captions,
                            .captions = captions,
                            .intervals = false,
                            .batch_size = state.config.eval.batch_size,
                            .rerank = 0,
                            .caption = {.prompt = state.config.prompt}};
  const Json result =
      evaluate_split(state.objective->model(), state.tokenizer, *split.data, options).figures;
  Json line = Json::object();
  line.set("step", state.step).set("eval", Json::object().set(split.name, result));
  const Best before = best_;
  best_ = best_of({line}, split.name, figure_);
  const double now = best_.value;
  std::string said;
  if (before.step > 0 && before.value >= now) {
    best_ = {before.step, before.value, before.since + 1};
    said = str(" (best: ", fixed(before.value, 3), " at step ", before.step, ")");
  } else if (before.step > 0) {
    said = str(" (the best; before: ", fixed(before.value, 3), " at step ", before.step, ")");
  }
  metrics_.append(line);
  events_.line(line);
  events_.samples(state.objective->model(), state.tokenizer, *split.data, state.config.prompt,
                  state.step);
  evaluated_ = state.step;
  progress_->clear();
  info(str("step ", state.step, ", ", split.name, ": ", joined(figure_), " ", fixed(now, 3), said));
  if (best_.since == 0 && state.config.patience > 0) save_to(run_.best(), 1, false);
}

// A checkpoint of a streak of bad steps would take the place of one from before it.
void Trainer::save(bool must) {
  const TrainingState& state = *state_;
  if (state.bad_steps == 0 || (must && state.step == last_step_))
    return save_to(run_.checkpoints(), state.config.keep_checkpoints, must);
  if (must)
    warn(str("the last ", state.bad_steps,
             " steps were not finite: what is saved is from before them"));
}

// The folder of the run was removed: nothing that is in memory is lost.
void Trainer::make_run_again() {
  progress_->clear();
  warn(str(run_.path,
           " was removed while the run was training: it is made again, without the "
           "lines of metrics before step ",
           state_->step));
  make_folders(run_.path);
  lock_.emplace(run_.path);
  create_run(run_.path, state_->config, state_->tokenizer);
}

void Trainer::rescue() {
  progress_->clear();
  if (state_->is_whole) try {
      save(false);
    } catch (const Error& error) {
      warn(str("what the run has reached cannot be saved: ", error.what()));
    }
  const std::string kept = latest_checkpoint(run_.checkpoints());
  info(kept.empty() ? str("the run ends, and has no checkpoint: ", run_.path)
                    : str("the run ends; what it has reached is ", kept,
                          ". Go on with:\n  medley pretrain --resume ", run_.path));
}

void Trainer::save_to(const std::string& folder, int64_t keep, bool must) {
  const auto write = [&] {
    if (!is_there(run_.path)) make_run_again();
    metrics_.sync();
    write_checkpoint(folder, state_->step, state_->checkpoint_files(), keep);
    try {
      replace_file(run_.metrics_table(), metrics_csv(read_metrics(run_.metrics())));
    } catch (const IoError& error) {
      warn(error.what());
    }
  };
  try {
    write();
  } catch (const IoError& error) {
    if (must) {
      if (!remove_all_but_latest(folder)) throw;
      warn(str(error.what(), "\n  older checkpoints are removed to make room for the last"));
      return write();
    }
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
