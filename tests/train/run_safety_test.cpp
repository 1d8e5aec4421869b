// What must not cost a run: bad data in the middle, memory that is out, other data on resume, a
// second trainer, a folder that is gone, a disk that is full or cannot be read, forged files.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <limits>

#include "core/error.h"
#include "core/log.h"
#include "tests/train/form_files.h"
#include "tests/train/tiny_run.h"
#include "train/io/files.h"
#include "train/loop/stop_signal.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

std::vector<int64_t> saved_steps(const std::string& run) {
  return checkpoint_steps(run + "/checkpoints");
}

TEST_CASE("safety: what ends a run in the middle of a step saves first, to the bit") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.accumulate = 2;
  config.checkpoint_every = 100;
  Trainer::start(config, folder / "whole").train();
  // Batch 8 is the first of step 4, batch 9 the second: the momentum model has moved by then.
  for (const int64_t batch : {8, 9}) {
    const std::string run = folder / ("ended-at-" + std::to_string(batch));
    {
      Trainer trainer = Trainer::start(config, run);
      trainer.hooks.on_batch = [=](int64_t number, const models::Batch&) {
        if (number != batch) return;
        if (batch == 8) throw DataError("[image] cut short");
        throw MemoryError("[memory] no 1 MiB on cuda:0");
      };
      CHECK_THROWS_AS(trainer.train(), Error);
    }
    CHECK(saved_steps(run) == std::vector<int64_t>{4});
    Trainer::resume(config, run).train();
    CHECK(final_bytes(run, config) == final_bytes(folder / "whole", config));
    CHECK(timeless_lines(run) == timeless_lines(folder / "whole"));
  }
}

TEST_CASE("safety: an evaluation that fails comes after the checkpoint, and is made up for") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.checkpoint_every = 100;
  config.eval_every = 4;
  config.eval.splits = {"val"};
  Trainer::start(config, folder / "whole").train();
  {
    Trainer trainer = Trainer::start(config, folder / "run");
    trainer.hooks.stop = [&](int64_t step) {
      if (step == 8) throw DataError("as if the evaluation had failed");
      return false;
    };
    CHECK_THROWS_AS(trainer.train(), DataError);
  }
  CHECK(saved_steps(folder / "run") == std::vector<int64_t>{4, 8});
  // Its line of metrics is taken away: the run ended before it.
  const std::string metrics = folder / "run/metrics.jsonl", text = read_bytes(metrics);
  write_bytes(metrics, text.substr(0, text.rfind("{\"step\":8,\"eval\"")));
  Trainer::resume(config, folder / "run").train();
  CHECK(timeless_lines(folder / "run") == timeless_lines(folder / "whole"));
}

TEST_CASE("safety: other data than the run began with are refused with both, or recorded") {
  set_log_level(LogLevel::error);
  const FormFiles files;
  const auto list = [&](int rows) {
    std::string text = "image,caption\n";
    for (int i = 0; i < rows; ++i) {
      files.picture(str("p", i, ".png"), i);
      text += str("p", i, ".png,word ", i, "\n");
    }
    files.file("rows.csv", text);
  };
  list(12);
  TrainConfig config = tiny_config();
  config.data.kind = "files";
  config.data.path = files / "rows.csv";
  config.eval.splits.clear();
  {
    Trainer trainer = Trainer::start(config, files / "run");
    trainer.hooks.stop = [](int64_t step) { return step == 4; };
    trainer.train();
  }
  list(13);
  const std::vector<std::string> before = timeless_lines(files / "run");
  CHECK_THROWS_WITH(Trainer::resume(config, files / "run"),
                    Contains("had 12 rows of 12 pictures") && Contains("13 rows of 13 pictures") &&
                        Contains("--allow-changed-data"));
  CHECK(timeless_lines(files / "run") == before);
  Trainer::resume(config, files / "run", true).train();
  const std::string metrics = read_bytes(files / "run/metrics.jsonl");
  CHECK_THAT(metrics, Contains("\"step\":4,\"data_before\":{\"rows\":12") &&
                          Contains("\"data_now\":{\"rows\":13"));
  // Now they are the run's own.
  list(12);
  CHECK_THROWS_WITH(Trainer::resume(config, files / "run"), Contains("had 13 rows"));
  // As many, but one of another text, or with another picture.
  list(13);
  CHECK_NOTHROW(Trainer::resume(config, files / "run"));
  std::string text = read_bytes(files / "rows.csv");
  files.file("rows.csv", text.replace(text.find("word 5"), 4, "bird"));
  CHECK_THROWS_AS(Trainer::resume(config, files / "run"), CheckpointError);
}

TEST_CASE("safety: one trainer per folder") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  const TrainConfig config = tiny_config();
  {
    Trainer trainer = Trainer::start(config, folder / "run");
    const std::string said =
        message_of<ConfigError>([&] { Trainer::resume(config, folder / "run"); });
    CHECK_THAT(said, Contains("is in use: process " + std::to_string(getpid())));
  }
  Trainer::resume(config, folder / "run").train();
  CHECK(saved_steps(folder / "run") == std::vector<int64_t>{5, 10, 12});
}

TEST_CASE("safety: a folder that is removed while the run trains is made again") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  const TrainConfig config = tiny_config();
  Trainer::start(config, folder / "whole").train();
  Trainer trainer = Trainer::start(config, folder / "run");
  trainer.hooks.on_batch = [&](int64_t number, const models::Batch&) {
    if (number == 7) fs::remove_all(folder / "run");
  };
  trainer.train();
  CHECK(saved_steps(folder / "run") == std::vector<int64_t>{10, 12});
  CHECK(final_bytes(folder / "run", config) == final_bytes(folder / "whole", config));
  CHECK(load_config(folder / "run/config.toml").steps == config.steps);
}

TEST_CASE("safety: older checkpoints make room for the last one") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  const TrainConfig config = tiny_config();
  Trainer trainer = Trainer::start(config, folder / "run");
  trainer.hooks.on_batch = [&](int64_t number, const models::Batch&) {
    if (number != 11) return;
    CHECK(saved_steps(folder / "run") == std::vector<int64_t>{5, 10});
    set_file_hook([&](const std::string& operation, const std::string&) {
      return operation == "space" && fs::exists(folder / "run/checkpoints/step-000005") ? ENOSPC
                                                                                        : 0;
    });
  };
  trainer.train();
  set_file_hook(nullptr);
  CHECK(saved_steps(folder / "run") == std::vector<int64_t>{10, 12});
}

TEST_CASE("safety: no checkpoint inside a streak of bad steps") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  TrainConfig config = tiny_config();
  config.checkpoint_every = 1;
  Trainer trainer = Trainer::start(config, folder / "run");
  trainer.hooks.on_batch = [&](int64_t number, models::Batch& batch) {
    if (number >= 6 && number < 9)
      batch.images.data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
    if (number == 9) CHECK(saved_steps(folder / "run") == std::vector<int64_t>{4, 5, 6});
  };
  trainer.train();
  CHECK(saved_steps(folder / "run") == std::vector<int64_t>{10, 11, 12});
}

TEST_CASE("safety: what cannot be read is not taken for what is not there") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  const TrainConfig config = tiny_config();
  const std::string run = folder / "run";
  Trainer::start(config, run).train();
  const auto fails = [](const std::string& wanted, const std::string& place) {
    set_file_hook([=](const std::string& operation, const std::string& path) {
      return operation == wanted && path.find(place) != path.npos ? EIO : 0;
    });
  };
  const std::string lines = read_bytes(run + "/metrics.jsonl");
  for (const auto& [operation, place] : {std::pair("list", "checkpoints"),
                                         {"stat", "metrics.jsonl"},
                                         {"read", "metrics.jsonl"},
                                         {"stat", "config.toml"}}) {
    INFO(operation << " " << place);
    fails(operation, place);
    CHECK_THROWS_WITH(Trainer::resume(config, run), Contains(std::strerror(EIO)));
    set_file_hook(nullptr);
    CHECK(read_bytes(run + "/metrics.jsonl") == lines);
  }
  // A bad sector in the newest checkpoint: the one before it is used.
  fails("read", "step-000012/model.safetensors");
  CHECK(Trainer::resume(config, run).state().step == 10);
  set_file_hook(nullptr);
}

TEST_CASE("safety: one bad line of the metrics costs one line, and the file is kept aside") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  const TrainConfig config = tiny_config();
  const std::string run = folder / "run", metrics = run + "/metrics.jsonl";
  Trainer::start(config, run).train();
  const std::vector<std::string> lines = timeless_lines(run);
  std::string text = read_bytes(metrics);
  text[text.find('\n') + 3] = '\x01';  // in the second of five
  write_bytes(metrics, text);
  Trainer::resume(config, run);
  CHECK(read_bytes(metrics + ".damaged") == text);
  const std::vector<std::string> kept = timeless_lines(run);
  REQUIRE(kept.size() == lines.size() - 1);
  CHECK(kept[0] == lines[0]);
  CHECK(kept.back() == lines.back());
}

TEST_CASE(
    "safety: lines that could not be written are there in the end, and a table costs nothing") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  const TrainConfig config = tiny_config();
  Trainer::start(config, folder / "whole").train();
  const std::vector<std::string> lines = timeless_lines(folder / "whole");
  for (const bool table : {false, true}) {
    const std::string run = folder / (table ? "without-table" : "without-line");
    Trainer trainer = Trainer::start(config, run);
    int refused = 0;
    set_file_hook([&](const std::string& operation, const std::string& path) {
      if (operation != "open" || !path.ends_with(table ? "metrics.csv.partial" : "metrics.jsonl"))
        return 0;
      // Of the lines the last, once.
      if (!table && (trainer.state().step < config.steps || refused > 0)) return 0;
      ++refused;
      return ENOSPC;
    });
    trainer.train();
    set_file_hook(nullptr);
    CHECK(refused > 0);
    CHECK(timeless_lines(run) == lines);
    CHECK(latest_checkpoint(run + "/checkpoints").ends_with("step-000012"));
  }
}

TEST_CASE("safety: half a vocabulary, and numbers that no run has, are refused by their names") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  const TrainConfig config = tiny_config();
  const std::string run = folder / "run";
  Trainer::start(config, run);
  const std::string words = read_bytes(run + "/vocab.txt");
  write_bytes(run + "/vocab.txt", words.substr(0, words.size() / 2));
  CHECK_THROWS_WITH(Trainer::resume(load_config(run + "/config.toml"), run),
                    Contains("vocab.txt is damaged"));
  write_bytes(run + "/vocab.txt", words);

  Trainer trainer = Trainer::resume(config, run);
  trainer.train();
  const std::string checkpoint = latest_checkpoint(run + "/checkpoints");
  const Json good = Json::read(checkpoint + "/state.json");
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, Json>>{{"step", Json(-1)},
                                                 {"step", Json(1e300)},
                                                 {"optimizer_steps", Json(-3)},
                                                 {"queue_next", Json(7)},
                                                 {"bad_steps", Json(-1)},
                                                 {"seconds", Json(-0.5)}}) {
    Json forged = good;
    write_bytes(checkpoint + "/state.json", forged.set(key, value).dump());
    TrainingState state(config, trainer.state().tokenizer);
    CHECK_THROWS_WITH(state.restore(checkpoint), Contains("state.json: " + key + " is "));
  }
}

// In a process of its own: a signal that is not handled ends it.
int code_of(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST_CASE("safety: signals ask for a stop, and one that bounces is one") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    INFO(signal);
    const auto raised = [=](int pause) {
      return code_of([=] {
        StopSignal stop;
        raise(signal);
        if (!StopSignal::requested()) _exit(1);
        if (pause > 0) usleep(static_cast<useconds_t>(pause));
        raise(signal);
      });
    };
    CHECK(raised(0) == 0);
    if (signal == SIGINT) CHECK(raised(2'100'000) == SIGINT);
  }
}

}  // namespace
}  // namespace medley::train
