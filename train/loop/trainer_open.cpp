// How a run begins, and how it goes on.
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "core/threads.h"
#include "train/checkpoint/folder.h"
#include "train/io/checksum.h"
#include "train/io/files.h"
#include "train/loop/trainer.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

// The number of steps that train.steps and train.epochs allow: the smaller of the two.
int64_t steps_of(const TrainConfig& config, int64_t rows) {
  if (config.epochs == 0) return config.steps;
  const auto batches = static_cast<double>(rows / config.batch_size);
  const int64_t steps = std::max<int64_t>(
      1, std::llround(config.epochs * batches / static_cast<double>(config.accumulate)));
  return config.steps > 0 ? std::min(steps, config.steps) : steps;
}

// vocab.txt of a run that has no checkpoint yet: with a part of it another model would be trained.
models::Tokenizer read_vocabulary(const RunFolder& run, const TrainConfig& config) {
  const std::string& wanted = config.data.vocabulary_checksum;
  const std::string found = file_checksum(run.vocabulary());
  if (!wanted.empty() && found != wanted)
    throw CheckpointError(str(run.vocabulary(), " is damaged: its checksum is ", found, " but ",
                              wanted, " was written"),
                          "nothing has been trained yet: start the run anew");
  return models::Tokenizer::read(run.vocabulary());
}

void tell_changed_data(const RunFolder& run, const Json& before, const Json& now, bool allowed) {
  const auto told = [](const Json& identity) {
    return str(with_commas(identity.at("rows").integer()), " rows of ",
               with_commas(identity.at("pictures").integer()), " pictures (checksum ",
               identity.at("checksum").text(), ")");
  };
  const std::string problem = str("the training data of ", run.path, " have changed: it had ",
                                  told(before), ", and now there are ", told(now));
  if (!allowed)
    throw CheckpointError(problem,
                          "--allow-changed-data goes on with them; the result is not that of a "
                          "run that was never stopped then");
  warn(problem);
}

void use_threads(const TrainConfig& config) {
  if (config.threads > 0) set_thread_count(static_cast<int>(config.threads));
}

}  // namespace

Trainer Trainer::start(const TrainConfig& given, const std::string& folder, const Origin* origin) {
  TrainConfig config = given;
  make_paths_absolute(config, "");
  validate(config);
  use_threads(config);
  refuse_existing_run(folder);
  if (origin) check_sizes(config, *origin);
  TrainingData data = open_training_data(config);
  models::Tokenizer tokenizer = origin
                                    ? extend_tokenizer(origin->tokenizer, config, *data.train.data)
                                    : make_tokenizer(config, *data.train.data);
  if (origin) warn_of_unknown_words(tokenizer, *data.train.data);
  config.data.vocabulary_checksum = text_checksum(tokenizer.text());
  auto state = std::make_unique<TrainingState>(config, tokenizer, origin);
  state->data = identity_of(*data.train.data);
  make_folders(folder);
  RunLock lock(folder);
  RunFolder run = create_run(folder, state->config, tokenizer);
  return Trainer(std::move(run), std::move(lock), std::move(data), std::move(state));
}

Trainer Trainer::resume(const TrainConfig& config, const std::string& folder,
                        bool allow_changed_data) {
  validate(config);
  use_threads(config);
  RunFolder run = open_run(folder);
  RunLock lock(folder);
  remove_partial_checkpoints(run.checkpoints());
  std::string checkpoint = latest_checkpoint(run.checkpoints());
  models::Tokenizer tokenizer = checkpoint.empty()
                                    ? read_vocabulary(run, config)
                                    : models::Tokenizer::read(checkpoint + "/vocab.txt");
  auto state = std::make_unique<TrainingState>(config, tokenizer);
  if (!checkpoint.empty()) state->restore(checkpoint);
  TrainingData data = open_training_data(config);
  const Json now = identity_of(*data.train.data), before = std::exchange(state->data, now);
  const bool changed = before.is_object() && before.dump() != now.dump();
  if (changed) tell_changed_data(run, before, now, allow_changed_data);
  remove_checkpoints_after(run.best(), state->step);
  Trainer trainer(run, std::move(lock), std::move(data), std::move(state));
  if (changed)
    trainer.metrics_.append(Json::object()
                                .set("step", trainer.state_->step)
                                .set("data_before", before)
                                .set("data_now", now));
  return trainer;
}

Trainer::Trainer(RunFolder run, RunLock lock, TrainingData data,
                 std::unique_ptr<TrainingState> state)
    : run_(std::move(run)),
      lock_(std::move(lock)),
      data_(std::move(data)),
      state_(std::move(state)),
      figure_(deciding_figure(state_->config, state_->objective->evaluation())),
      steps_per_pass_(data_.train.data->size() / state_->config.pictures_per_step()),
      last_step_(steps_of(state_->config, data_.train.data->size())),
      metrics_(run_.metrics(), state_->step),
      watch_(state_->objective->losses_of(state_->config.batch_size),
             std::max(state_->step, state_->config.optimizer.warmup_steps)) {
  if (state_->config.tensorboard) events_ = RunEvents(run_.events(), state_->step);
  if (data_.splits.empty() || figure_.empty()) return;
  const std::vector<Json> lines = read_metrics(run_.metrics());
  best_ = best_of(lines, data_.splits[0].name, figure_);
  for (const Json& line : lines)
    if (line.find("eval")) evaluated_ = line.at("step").integer();
}

}  // namespace medley::train
