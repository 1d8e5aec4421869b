// Making and opening runs.
#include "train/loop/run_folder.h"

#include <filesystem>

#include "core/error.h"
#include "core/str.h"
#include "train/checkpoint/folder.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// A checkpoint of the same run that may take the place of a damaged one, "" when there is none.
std::string intact_sibling(const std::string& checkpoint) {
  try {
    return latest_checkpoint(fs::path(checkpoint).lexically_normal().parent_path().string());
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

bool holds_run(const std::string& path) { return exists(path + "/config.toml"); }

void refuse_existing_run(const std::string& path) {
  if (holds_run(path))
    throw ConfigError(path + " holds a run already", "go on with it by --resume " + path +
                                                         ", or choose another folder with --out");
}

RunFolder create_run(const std::string& path, const TrainConfig& config,
                     const models::Tokenizer& tokenizer) {
  refuse_existing_run(path);
  RunFolder run{path};
  make_folders(run.checkpoints());
  tokenizer.write(run.vocabulary());
  replace_file(run.config(), print_config(config));
  return run;
}

RunFolder open_run(const std::string& path) {
  if (!exists(path))
    throw IoError(path + " is not there", "give the folder of a run, such as runs/demo");
  if (!holds_run(path))
    throw IoError(path + " holds no run: it has no config.toml",
                  "give the folder that `medley pretrain --out` or `medley demo` wrote");
  return {path};
}

std::string find_checkpoint(const std::string& path) {
  if (exists(path + "/MANIFEST")) {
    try {
      verify_checkpoint(path);
      return path;
    } catch (const CheckpointError& damaged) {
      std::string other = intact_sibling(path);
      throw CheckpointError(damaged.what(),
                            other.empty() ? "" : "the newest that is intact is " + other);
    }
  }
  RunFolder run = open_run(path);
  std::string found = latest_checkpoint(run.best());
  if (found.empty()) found = latest_checkpoint(run.checkpoints());
  if (found.empty())
    throw CheckpointError(path + " has no checkpoint yet",
                          "train it first: medley pretrain --resume " + path);
  return found;
}

}  // namespace medley::train
