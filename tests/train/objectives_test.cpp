// Runs of the objectives other than pre-training: what they log, that they learn, that they stop
// and go on as pre-training does, and what their reports show.
#include "core/error.h"
#include "core/log.h"
#include "core/read_text.h"
#include "core/threads.h"
#include "tests/catch.h"
#include "tests/train/tiny_run.h"
#include "train/report/finish.h"

namespace medley::train {
namespace {

TrainConfig config_of(const std::string& objective) {
  TrainConfig config = tiny_config();
  config.objective = objective;
  config.model.dropout = 0.1;
  config.eval_every = 6;
  return config;
}

TEST_CASE("objectives: a run logs the figures of its own, and a resumed one is the same") {
  set_log_level(LogLevel::error);
  const bool retrieval = GENERATE(true, false);
  TempFolder folder;
  TrainConfig config = config_of(retrieval ? "retrieval" : "caption");
  CAPTURE(config.objective);
  Trainer::start(config, folder / "whole").train();
  const std::string checkpoint = checkpoint_path(folder / "whole/checkpoints", config.steps);
  const auto has = [&](const char* name) {
    return std::ifstream(checkpoint + "/" + name + ".safetensors").good();
  };
  CHECK(has("momentum") == retrieval);
  CHECK(has("queue") == retrieval);
  for (const Json& line : read_metrics(folder / "whole/metrics.jsonl")) {
    if (const Json* eval = line.find("eval")) {
      CHECK((eval->at("val").find("i2t") != nullptr) == retrieval);
      CHECK((eval->at("val").find("captions") != nullptr) != retrieval);
      continue;
    }
    for (const char* name : {"itc", "itm", "itm_accuracy", "temperature"})
      CHECK((line.find(name) != nullptr) == retrieval);
    CHECK((line.find("lm") != nullptr) != retrieval);
    CHECK(line.find("gradient_norm"));
  }

  {
    Trainer trainer = Trainer::start(config, folder / "parts");
    trainer.hooks.stop = [](int64_t done) { return done == 7; };
    trainer.train();
  }
  config.threads = 2;  // changes nothing
  Trainer::resume(config, folder / "parts").train();
  set_thread_count(1);
  const auto weights = [&](const std::string& run) {
    return read_bytes(checkpoint_path(run + "/checkpoints", config.steps) + "/model.safetensors");
  };
  CHECK(weights(folder / "parts") == weights(folder / "whole"));
  CHECK(timeless_lines(folder / "parts") == timeless_lines(folder / "whole"));
  config.objective = "pretrain";
  CHECK_THROWS_WITH(Trainer::resume(config, folder / "parts"),
                    Catch::Contains("train.objective is \"pretrain\" but was"));
}

TEST_CASE("objectives: captioning learns the captions of its pictures") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = config_of("caption");
  config.steps = 200;
  config.eval_every = 0;
  config.checkpoint_every = 200;
  Trainer::start(config, folder / "run").train();
  const std::vector<Json> lines = read_metrics(folder / "run/metrics.jsonl");
  CHECK(lines.back().at("lm").number() < 0.75 * lines.front().at("lm").number());
}

TEST_CASE("objectives: the report has a curve for each loss, and shows what was measured") {
  set_log_level(LogLevel::error);
  const bool retrieval = GENERATE(true, false);
  TempFolder folder;
  const TrainConfig config = config_of(retrieval ? "retrieval" : "caption");
  const TrainOutcome outcome = Trainer::start(config, folder / "run").train();
  const RunFolder run = open_run(folder / "run");
  const Json summary = finish_run(run, outcome, Device{}).summary;
  const Json& val = summary.at("eval").at("val");
  CHECK((val.find("t2i") != nullptr) == retrieval);
  CHECK((val.find("captions") != nullptr) != retrieval);
  const std::string page = read_text(write_report(run));
  const auto shows = [&](const char* text) { return page.find(text) != std::string::npos; };
  CHECK(shows("ITC: which text") == retrieval);
  CHECK(shows("LM: the next word") != retrieval);
  CHECK(shows("<section id='search'>") == retrieval);
  CHECK(shows("<section id='captions'>") != retrieval);
}

TEST_CASE("objectives: another name is refused with the nearest") {
  TrainConfig config = tiny_config();
  config.objective = "retrieva";
  CHECK_THROWS_WITH(validate(config), Catch::Contains("train.objective is 'retrieva'") &&
                                          Catch::Contains("retrieval"));
}

}  // namespace
}  // namespace medley::train
