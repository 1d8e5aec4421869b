// The training loop: threads, skipped steps, full disks, limits.
#include "train/loop/trainer.h"

#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>

#include "core/error.h"
#include "core/log.h"
#include "core/threads.h"
#include "tests/catch.h"
#include "tests/train/tiny_run.h"
#include "train/io/files.h"
#include "train/loop/data_source.h"
#include "train/loop/step.h"

namespace medley::train {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("trainer: one and two threads end with the same bits") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.model.dropout = 0.1;
  Trainer::start(config, folder / "one").train();
  config.threads = 2;
  config.data.workers = 3;
  Trainer::start(config, folder / "two").train();
  set_thread_count(1);
  CHECK(final_bytes(folder / "one", config) == final_bytes(folder / "two", config));
  CHECK(timeless_lines(folder / "one") == timeless_lines(folder / "two"));
}

TEST_CASE("trainer: evaluation on the way is logged and changes no weight") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  Trainer::start(config, folder / "without").train();
  config.eval_every = 4;
  Trainer::start(config, folder / "with").train();
  CHECK(final_bytes(folder / "without", config) == final_bytes(folder / "with", config));
  std::vector<int64_t> steps;
  for (const Json& line : read_metrics(folder / "with/metrics.jsonl"))
    if (const Json* eval = line.find("eval")) {
      steps.push_back(line.at("step").integer());
      CHECK(eval->at("val").at("i2t").find("r1"));
    }
  CHECK(steps == std::vector<int64_t>{4, 8, 12});
}

TEST_CASE("trainer: another seed gives another model") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.steps = 2;
  Trainer::start(config, folder / "one").train();
  config.seed = 2;
  Trainer::start(config, folder / "two").train();
  CHECK(final_bytes(folder / "one", config) != final_bytes(folder / "two", config));
}

TEST_CASE("trainer: a gradient that is not finite skips the step and is named") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  Trainer trainer = Trainer::start(config, folder / "run");
  std::string name = "text_encoder.embeddings.LayerNorm.weight";
  std::vector<float> before;
  trainer.hooks.after_backward = [&](int64_t step, models::Objective& objective) {
    if (step == 5) objective.weights().gradients.at(name).data<float>()[2] = kNan;
    if (step == 5) before = objective.weights().weights.flat().to_vector<float>();
    if (step == 6) CHECK(objective.weights().weights.flat().to_vector<float>() == before);
  };
  trainer.train();
  CHECK(trainer.state().optimizers.steps() == config.steps - 1);
  std::vector<Json> lines = read_metrics(folder / "run/metrics.jsonl");
  CHECK(lines[2].at("step").integer() == 6);
  CHECK(lines[2].at("skipped_steps").integer() == 1);
  CHECK(lines[3].find("skipped_steps") == nullptr);
  CHECK(autograd::norm(trainer.state().objective->weights().weights.flat()).nonfinite == 0);
  models::SafetensorsFile batch(folder / "run/bad-step-6.safetensors");
  CHECK(batch.read("images").size(0) == config.batch_size);
  CHECK(batch.read("samples").size(0) == config.batch_size);
}

struct Problem {
  TrainConfig config = tiny_config();
  std::unique_ptr<Dataset> data = open_training_set(config).data;
  TrainingState state{config, make_tokenizer(config, *data)};
  LoaderConfig loader_config = {};
  models::Batch batch() {
    loader_config.batch_size = config.batch_size;
    loader_config.image_size = config.model.image_size;
    loader_config.text.max_tokens = config.model.max_tokens;
    return Loader(*data, state.tokenizer, loader_config, 0).next();
  }
};

StepOutcome step_on(TrainingState& state, const models::Batch& batch,
                    const std::function<void(models::Objective&)>& after_backward = {}) {
  BatchFeed feed([&] { return batch; }, state.device());
  return train_step(state, feed, {.lr = 1e-3, .after_backward = after_backward});
}

TEST_CASE("step: what is not finite is named, and leaves neither weights nor queue changed") {
  Problem p;
  models::Batch batch = p.batch();
  step_on(p.state, batch);
  p.state.step = 1;
  std::vector<float> weights = p.state.objective->weights().weights.flat().to_vector<float>();
  std::vector<float> queue = contrastive(p.state).queue().image.to_vector<float>();
  std::vector<int64_t> captions = contrastive(p.state).queue().caption.to_vector<int64_t>();
  int64_t next = contrastive(p.state).queue().next;

  models::Batch spoiled = batch;
  spoiled.images = batch.images.clone();
  spoiled.images.data<float>()[7] = kNan;
  StepOutcome outcome = step_on(p.state, spoiled);
  CHECK_THAT(outcome.problem, Catch::Contains("'images' (1 of") && Catch::Contains("ITC is"));
  outcome = step_on(p.state, batch, [](models::Objective& objective) {
    objective.weights().gradients.at("temp").data<float>()[0] = INFINITY;
  });
  CHECK_THAT(outcome.problem, Catch::Contains("the gradient of 'temp' (1 of 1 values)"));

  CHECK(p.state.objective->weights().weights.flat().to_vector<float>() == weights);
  CHECK(contrastive(p.state).queue().image.to_vector<float>() == queue);
  CHECK(contrastive(p.state).queue().caption.to_vector<int64_t>() == captions);
  CHECK(contrastive(p.state).queue().next == next);

  p.state.objective->weights().weights.at("itm_head.bias").data<float>()[1] = kNan;
  outcome = step_on(p.state, batch);
  CHECK_THAT(outcome.problem, Catch::Contains("the weight 'itm_head.bias' (1 of 2 values)"));
}

TEST_CASE("step: clipping bounds the gradient that the optimizer sees") {
  TrainConfig clipping = tiny_config();
  clipping.optimizer.gradient_clip = 1e-3;
  Problem one, two{clipping};
  models::Batch batch = one.batch();
  StepOutcome free = step_on(one.state, batch);
  StepOutcome clipped = step_on(two.state, batch);
  CHECK(free.figures.at("gradient_norm") == clipped.figures.at("gradient_norm"));
  REQUIRE(free.figures.at("gradient_norm") > 1e-3);
  // First moments after one step: (1 - beta1) times the gradient.
  CHECK(autograd::norm(two.state.optimizers.weights().first_moment().flat()).value ==
        Approx(1e-4).epsilon(1e-4));
  CHECK(autograd::norm(one.state.optimizers.weights().first_moment().flat()).value ==
        Approx(0.1 * free.figures.at("gradient_norm")).epsilon(1e-4));
}

TEST_CASE("trainer: too many bad steps in a row end training, with the checkpoints untouched") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.max_bad_steps = 4;
  Trainer trainer = Trainer::start(config, folder / "run");
  trainer.hooks.on_batch = [](int64_t step, models::Batch& batch) {
    if (step >= 6) batch.images.data<float>()[0] = kNan;
  };
  CHECK_THROWS_AS(trainer.train(), NonFiniteError);
  CHECK(trainer.state().step == 10);
  CHECK(latest_checkpoint(folder / "run/checkpoints") ==
        checkpoint_path(folder / "run/checkpoints", 5));
}

TEST_CASE("trainer: a full disk in between costs a checkpoint, not the run") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  Trainer::start(config, folder / "good").train();
  Trainer trainer = Trainer::start(config, folder / "run");
  trainer.hooks.on_batch = [](int64_t step, models::Batch&) {
    bool full = step >= 2 && step < 8;
    if (full)
      set_file_hook([](const char* operation, const std::string&) {
        return std::string(operation) == "write" ? ENOSPC : 0;
      });
    else
      set_file_hook(nullptr);
  };
  trainer.train();
  set_file_hook(nullptr);
  CHECK(checkpoint_steps(folder / "run/checkpoints") == std::vector<int64_t>{10, 12});
  CHECK(final_bytes(folder / "run", config) == final_bytes(folder / "good", config));
  CHECK(timeless_lines(folder / "run") == timeless_lines(folder / "good"));
}

TEST_CASE("trainer: a run that cannot save its end says so and keeps what was saved") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  Trainer trainer = Trainer::start(tiny_config(), folder / "run");
  trainer.hooks.on_batch = [](int64_t step, models::Batch&) {
    if (step == 11) set_file_hook([](const char*, const std::string&) { return ENOSPC; });
  };
  CHECK_THROWS_AS(trainer.train(), IoError);
  set_file_hook(nullptr);
  CHECK(latest_checkpoint(folder / "run/checkpoints") ==
        checkpoint_path(folder / "run/checkpoints", 10));
}

TEST_CASE("trainer: a batch larger than the data set is refused") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.batch_size = 51;
  CHECK_THROWS_AS(Trainer::start(config, folder / "run").train(), ConfigError);
  config.batch_size = 1;
  CHECK_THROWS_WITH(Trainer::start(config, folder / "one"),
                    Catch::Contains("train.batch_size is 1"));
  CHECK(!std::filesystem::exists(folder / "one"));
}

TEST_CASE("trainer: time that is up ends a run cleanly") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.minutes = 1e-9;
  TrainOutcome outcome = Trainer::start(config, folder / "run").train();
  CHECK(outcome.end == TrainOutcome::out_of_time);
  CHECK(outcome.step == 1);
  CHECK_NOTHROW(verify_checkpoint(checkpoint_path(folder / "run/checkpoints", 1)));
  config.minutes = 0;
  CHECK(Trainer::resume(config, folder / "run").train().step == config.steps);
}

}  // namespace
}  // namespace medley::train
