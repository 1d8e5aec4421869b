// What is in the folder of a run: config.toml, vocab.txt, metrics.jsonl and the same as
// metrics.csv, metrics.json, checkpoints/, report.html; best/, the checkpoint of the best
// evaluation on the way, where one was looked for; tensorboard/, where train.tensorboard asks for
// it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "models/text/tokenizer.h"
#include "train/config/config.h"

namespace medley::train {

struct RunFolder {
  std::string path;
  std::string config() const { return path + "/config.toml"; }
  std::string vocabulary() const { return path + "/vocab.txt"; }
  std::string metrics() const { return path + "/metrics.jsonl"; }
  std::string metrics_table() const { return path + "/metrics.csv"; }
  std::string events() const { return path + "/tensorboard"; }
  std::string summary() const { return path + "/metrics.json"; }
  std::string report() const { return path + "/report.html"; }
  std::string checkpoints() const { return path + "/checkpoints"; }
  std::string best() const { return path + "/best"; }
};

// Held while a process trains in a folder, where two would write over each other's files. Throws
// ConfigError with the number of the process that holds it. A disk that has no locks has none.
class RunLock {
 public:
  explicit RunLock(const std::string& folder);
  ~RunLock();
  RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RunLock& operator=(RunLock&&) = delete;

 private:
  int descriptor_;
};

// Throws ConfigError with the ways out when the folder holds a run already.
void refuse_existing_run(const std::string& path);
// Makes the folder and writes config.toml and vocab.txt. Throws as above, and IoError when it
// cannot be written.
RunFolder create_run(const std::string& path, const TrainConfig& config,
                     const models::Tokenizer& tokenizer);
// Throws IoError when there is no run.
RunFolder open_run(const std::string& path);
bool holds_run(const std::string& path);

// The checkpoint that a path means: a run's best valid one, else its newest, or the one at the path
// itself. Throws
// CheckpointError, for a damaged one with the name of the newest one before it that is intact.
std::string find_checkpoint(const std::string& path);

}  // namespace medley::train
