// Batches of training as launches of a graph: in every bit what they are when they are run, through
// skipped steps, evaluation and stops.
#include <limits>

#include "core/log.h"
#include "tests/cuda/support.h"
#include "tests/train/tiny_run.h"

namespace medley::train {
namespace {

using medley::tests::kCuda;
using medley::tests::no_device;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Everything drops, and 7 rows of the queue take 4 features a step: each starts at another row.
TrainConfig graph_config(const std::string& precision = "f32") {
  TrainConfig config = tiny_config();
  config.device = "cuda";
  config.precision = precision;
  config.steps = 8;
  config.log_every = 1;
  config.model.dropout = config.model.drop_path = 0.1;
  config.optimizer.gradient_clip = 1;
  return config;
}

struct Run {
  std::string bytes;
  std::vector<std::string> lines;
  int64_t launches = 0, queue_next = 0;
};

Run run(const std::string& folder, const TrainConfig& config,
        const std::function<void(Trainer&)>& change = {}) {
  set_log_level(LogLevel::error);
  Trainer trainer = Trainer::start(config, folder);
  if (change) change(trainer);
  trainer.train();
  return {final_bytes(folder, config), timeless_lines(folder), trainer.graph().launches(),
          contrastive(trainer.state()).queue().next};
}

TEST_CASE("step graph: launched steps are the run ones in every bit", "[cuda_step]") {
  if (no_device()) return;
  const TempFolder folder;
  TrainConfig config = graph_config(GENERATE("f32", "bf16"));
  config.model.recompute = config.precision == "bf16";
  if (config.precision == "bf16") config.model.share = "none";
  const Run launched = run(folder / "launched", config);
  CHECK(launched.launches == 6);  // all but the first of each of two shapes
  config.graph = false;
  const Run eager = run(folder / "eager", config);
  CHECK(eager.launches == 0);
  CHECK(launched.queue_next == 8 * 4 % 7);
  CHECK(launched.queue_next == eager.queue_next);
  CHECK((launched.bytes == eager.bytes));
  CHECK(launched.lines == eager.lines);
}

TEST_CASE("step graph: retrieval and captioning are launched, with the CPU's losses",
          "[cuda_step]") {
  if (no_device()) return;
  const TempFolder folder;
  TrainConfig config = graph_config();
  config.objective = GENERATE("retrieval", "caption");
  config.model.dropout = config.model.drop_path = 0;
  config.steps = 4;
  const auto train = [&](const std::string& name) {
    Trainer trainer = Trainer::start(config, folder / name);
    trainer.train();
    return std::pair(trainer.graph().launches(), timeless_lines(folder / name));
  };
  const auto [launches, lines] = train("launched");
  CHECK(launches > 0);
  config.graph = false;
  CHECK(train("eager").second == lines);
  config.device = "cpu";
  const Json host = Json::parse(train("cpu").second[0], "cpu"),
             device = Json::parse(lines[0], "cuda");
  for (const auto& [name, value] : host.members()) {
    CAPTURE(name);
    if (value.is_number() && name != "itm" && name != "itm_accuracy" && name != "gradient_norm")
      CHECK(device.at(name).number() == Approx(value.number()).epsilon(1e-5));
  }
}

TEST_CASE("step graph: steps of several batches, of one shape and of two", "[cuda_step]") {
  if (no_device()) return;
  const TempFolder folder;
  TrainConfig config = graph_config(GENERATE("f32", "bf16"));
  config.steps = 3;
  config.accumulate = 4;
  const Run launched = run(folder / "launched", config);
  CHECK(launched.launches == 10);  // all but the first of each of two shapes
  config.graph = false;
  const Run eager = run(folder / "eager", config);
  CHECK(launched.queue_next == 12 * 4 % 7);
  CHECK((launched.bytes == eager.bytes));
  CHECK(launched.lines == eager.lines);
}

TEST_CASE("accumulate on CUDA: the first step is the CPU's", "[cuda_step]") {
  if (no_device()) return;
  const TempFolder folder;
  TrainConfig config = graph_config();
  config.model.dropout = config.model.drop_path = 0;
  config.steps = 1;
  config.accumulate = 3;
  const Json device = Json::parse(run(folder / "cuda", config).lines[0], "cuda");
  config.device = "cpu";
  const Json host = Json::parse(run(folder / "cpu", config).lines[0], "cpu");
  for (const char* name : {"itc", "itm", "lm", "gradient_norm"}) {
    CAPTURE(name);
    CHECK(device.at(name).number() == Approx(host.at(name).number()).epsilon(1e-5));
  }
}

TEST_CASE("step graph: a bad batch is skipped, and the steps after it are right", "[cuda_step]") {
  if (no_device()) return;
  const TempFolder folder;
  TrainConfig config = graph_config();
  const auto spoil = [](Trainer& trainer) {
    // The same pictures in each step: all steps have one shape, and all but the first are launched.
    trainer.hooks.on_batch = [first = models::Batch()](int64_t step, models::Batch& batch) mutable {
      if (step == 0) first = batch;
      batch = first;
      batch.images = first.images.clone();
      if (step == 3) batch.images.data<float>()[7] = kNan;
    };
  };
  const Run launched = run(folder / "launched", config, spoil);
  config.graph = false;
  const Run eager = run(folder / "eager", config, spoil);
  CHECK(launched.launches == config.steps - 1);
  CHECK(launched.queue_next == 7 * 4 % 7);
  CHECK((launched.bytes == eager.bytes));
  CHECK(launched.lines == eager.lines);
  CHECK(launched.lines[3].find("\"skipped_steps\":1") != std::string::npos);
}

TEST_CASE("step graph: evaluation between launches disturbs nothing", "[cuda_step]") {
  if (no_device()) return;
  const TempFolder folder;
  TrainConfig config = graph_config();
  const Run alone = run(folder / "alone", config);
  config.eval_every = 2;
  CHECK((run(folder / "evaluated", config).bytes == alone.bytes));
}

TEST_CASE("step graph: a resumed run equals an unbroken one", "[cuda_step]") {
  if (no_device()) return;
  const TempFolder folder;
  const TrainConfig config = graph_config();
  const Run whole = run(folder / "whole", config);
  {
    Trainer trainer = Trainer::start(config, folder / "stopped");
    trainer.hooks.stop = [](int64_t done) { return done == 4; };
    trainer.train();
  }
  TrainConfig other = config;
  other.graph = GENERATE(true, false);  // may change: no result depends on it
  Trainer::resume(other, folder / "stopped").train();
  CHECK((final_bytes(folder / "stopped", config) == whole.bytes));
  CHECK(timeless_lines(folder / "stopped") == whole.lines);
}

TEST_CASE("step graph: batches of two sizes in turn", "[cuda_step]") {
  if (no_device()) return;
  const TempFolder folder;
  TrainConfig config = graph_config();
  const auto shrink = [](Trainer& trainer) {
    trainer.hooks.on_batch = [](int64_t step, models::Batch& batch) {
      if (step % 2 == 0) return;
      std::vector<std::vector<int32_t>> texts;
      auto token = batch.text.tokens.begin();
      for (int i = 0; i < 3; ++i) {
        const int32_t length = batch.text.lengths[static_cast<size_t>(i)];
        texts.emplace_back(token, token + length);
        token += length;
      }
      batch.text = models::pack(texts);
      batch.images = batch.images.slice(0, 0, 3).clone();
      batch.caption = batch.caption.slice(0, 0, 3).clone();
      batch.samples.resize(3);
    };
  };
  const Run launched = run(folder / "launched", config, shrink);
  CHECK(launched.launches == 4);
  config.graph = false;
  CHECK((run(folder / "eager", config, shrink).bytes == launched.bytes));
}

}  // namespace
}  // namespace medley::train
