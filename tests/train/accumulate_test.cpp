// Steps of several batches.
#include <cmath>
#include <limits>

#include "core/log.h"
#include "tests/catch.h"
#include "tests/train/tiny_run.h"
#include "train/loop/data_source.h"

namespace medley::train {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TrainConfig accumulating(int64_t batches) {
  TrainConfig config = tiny_config();
  config.model.dropout = 0.1;
  config.accumulate = batches;
  return config;
}

// A run that takes its steps by hand.
struct Steps {
  explicit Steps(const TrainConfig& config)
      : data(open_training_set(config).data), state(config, make_tokenizer(config, *data)) {
    LoaderConfig loader;
    loader.batch_size = config.batch_size;
    loader.image_size = config.model.image_size;
    loader.text.max_tokens = config.model.max_tokens;
    Loader batches_of(*data, state.tokenizer, loader, 0);
    for (int i = 0; i < 4; ++i) batches.push_back(batches_of.next());
  }

  StepOutcome step(const std::vector<int>& which, std::vector<float>* gradient = nullptr) {
    auto next = which.begin();
    StepOptions options;
    options.lr = 1e-3;
    if (gradient)
      options.after_backward = [=](models::Objective& objective) {
        *gradient = objective.weights().gradients.flat().to_vector<float>();
      };
    BatchFeed feed([&] { return batches[static_cast<size_t>(*next++)]; }, state.device());
    return train_step(state, feed, options);
  }

  // Of one batch alone, with the draws of batch `number`.
  std::vector<float> gradient_of(int batch, int64_t number) {
    const Tensor gradients = state.objective->weights().gradients.flat();
    gradients.fill_zero();
    state.objective->begin(0, number);
    models::add_gradients(*state.objective, batches[static_cast<size_t>(batch)], 1);
    return gradients.to_vector<float>();
  }

  std::unique_ptr<Dataset> data;
  TrainingState state;
  std::vector<models::Batch> batches;
};

double distance(const std::vector<float>& a, const std::vector<double>& b) {
  double squares = 0;
  for (size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(squares);
}

TEST_CASE("accumulate: the gradient is the mean over the batches, each with draws of its own") {
  std::vector<float> gradient;
  Steps together(accumulating(3));
  const StepOutcome outcome = together.step({0, 1, 1}, &gradient);

  const auto one_by_one = [](const std::vector<std::pair<int, int64_t>>& batches) {
    std::vector<double> mean;
    for (const auto& [batch, number] : batches) {
      const std::vector<float> part = Steps(accumulating(1)).gradient_of(batch, number);
      mean.resize(part.size());
      for (size_t i = 0; i < part.size(); ++i)
        mean[i] += part[i] / static_cast<double>(batches.size());
    }
    return mean;
  };
  const double length = outcome.figures.at("gradient_norm");
  CHECK(distance(gradient, one_by_one({{0, 0}, {1, 1}, {1, 2}})) < 1e-5 * length);
  // Batch 1 with the same draws twice is another gradient.
  CHECK(distance(gradient, one_by_one({{0, 0}, {1, 1}, {1, 1}})) > 1e-3 * length);
}

TEST_CASE("accumulate: figures are means over the batches") {
  Steps one(accumulating(1)), two(accumulating(2));
  const Figures both = two.step({0, 1}).figures;
  std::vector<double> mean(3);
  for (int i : {0, 1}) {
    one.state.objective->begin(0, i);
    const models::BatchResult result =
        models::add_gradients(*one.state.objective, one.batches[size_t(i)], 1);
    for (size_t l = 0; l < 3; ++l) mean[l] += result.losses[l].item() / 2;
  }
  CHECK(both.at("itc") == Approx(mean[0]));
  CHECK(both.at("itm") == Approx(mean[1]));
  CHECK(both.at("lm") == Approx(mean[2]));
  CHECK(both.at("itm_accuracy") >= 0);
  CHECK(both.at("itm_accuracy") <= 1);
}

TEST_CASE(
    "accumulate: a step moves the momentum model once, and fills the queue with all batches") {
  Steps one(accumulating(1)), three(accumulating(3));
  one.step({0});
  three.step({0, 1, 2});
  CHECK(contrastive(three.state).momentum().weights.flat().to_vector<float>() ==
        contrastive(one.state).momentum().weights.flat().to_vector<float>());
  CHECK(three.state.optimizers.steps() == 1);
  const models::FeatureQueue& queue = contrastive(three.state).queue();
  const int64_t rows = queue.caption.size(0), batch = one.state.config.batch_size;
  CHECK(queue.next == 3 * batch % rows);
  // The last batch stands before `next`, in its order.
  const std::vector<int64_t> captions = queue.caption.to_vector<int64_t>(),
                             last = three.batches[2].caption.to_vector<int64_t>();
  for (int64_t i = 0; i < batch; ++i)
    CHECK(captions[size_t((queue.next + rows - batch + i) % rows)] == last[size_t(i)]);
}

TEST_CASE("accumulate: one bad batch makes the step bad, and changes nothing") {
  Steps run(accumulating(2));
  run.step({0, 1});
  run.state.step = 1;
  const auto weights = run.state.objective->weights().weights.flat().to_vector<float>();
  const auto queue = contrastive(run.state).queue().image.to_vector<float>();
  const int64_t next = contrastive(run.state).queue().next;
  run.batches[3].images = run.batches[3].images.clone();
  run.batches[3].images.data<float>()[7] = kNan;
  const StepOutcome outcome = run.step({2, 3});
  CHECK_THAT(outcome.problem,
             Catch::Contains("batch 2 of 2: ITC is") && Catch::Contains("'images' (1 of"));
  CHECK(outcome.batches.size() == 2);
  CHECK(run.state.optimizers.steps() == 1);
  CHECK(run.state.objective->weights().weights.flat().to_vector<float>() == weights);
  CHECK(contrastive(run.state).queue().image.to_vector<float>() == queue);
  CHECK(contrastive(run.state).queue().next == next);
}

TEST_CASE("accumulate: a run stopped after each step equals an unbroken one") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = accumulating(3);
  config.steps = 5;
  std::vector<int64_t> numbers;
  {
    Trainer whole = Trainer::start(config, folder / "whole");
    whole.hooks.on_batch = [&](int64_t number, const models::Batch&) { numbers.push_back(number); };
    whole.train();
  }
  REQUIRE(numbers.size() == 15);
  for (size_t i = 0; i < numbers.size(); ++i) CHECK(numbers[i] == static_cast<int64_t>(i));
  for (int64_t step = 1; step < config.steps; ++step) {
    Trainer trainer = step == 1 ? Trainer::start(config, folder / "many")
                                : Trainer::resume(config, folder / "many");
    trainer.hooks.stop = [=](int64_t done) { return done == step; };
    trainer.train();
  }
  Trainer::resume(config, folder / "many").train();
  CHECK(final_bytes(folder / "many", config) == final_bytes(folder / "whole", config));
  CHECK(timeless_lines(folder / "many") == timeless_lines(folder / "whole"));
}

TEST_CASE("accumulate: a skipped step keeps all of its batches") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = accumulating(2);
  config.steps = 3;
  Trainer trainer = Trainer::start(config, folder / "run");
  std::vector<int64_t> samples;
  std::vector<float> images;
  trainer.hooks.on_batch = [&](int64_t number, models::Batch& batch) {
    if (number == 3) batch.images.data<float>()[0] = kNan;
    if (number != 2 && number != 3) return;
    samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
    const std::vector<float> pixels = batch.images.to_vector<float>();
    images.insert(images.end(), pixels.begin(), pixels.end());
  };
  trainer.train();
  models::SafetensorsFile kept(folder / "run/bad-step-2.safetensors");
  CHECK(kept.read("samples").to_vector<int64_t>() == samples);
  const std::vector<float> pixels = kept.read("images").to_vector<float>();
  REQUIRE(pixels.size() == images.size());
  CHECK(std::isnan(pixels[images.size() / 2]));
  CHECK(std::equal(pixels.begin(), pixels.begin() + static_cast<int64_t>(images.size() / 2),
                   images.begin()));
  int64_t tokens = 0;
  for (const int32_t length : kept.read("lengths").to_vector<int32_t>()) tokens += length;
  CHECK(kept.read("ids").size(0) == tokens);
  CHECK(kept.read("lengths").size(0) == 2 * config.batch_size);
}

TEST_CASE("accumulate: nothing and less are refused") {
  TrainConfig config = tiny_config();
  for (const int64_t count : {int64_t(0), int64_t(-1)}) {
    config.accumulate = count;
    CHECK_THROWS_WITH(validate(config), Catch::Contains("train.accumulate is"));
  }
}

}  // namespace
}  // namespace medley::train
