// Making and opening runs.
#include "train/loop/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"
#include "train/checkpoint/folder.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

// A checkpoint of the same run that may take the place of a damaged one, "" when there is none.
std::string intact_sibling(const std::string& checkpoint) {
  try {
    return latest_checkpoint(fs::path(checkpoint).lexically_normal().parent_path().string());
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

RunLock::RunLock(const std::string& folder) {
  const std::string file = folder + "/.lock";
  descriptor_ = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw IoError(str("cannot open ", file, ": ", std::strerror(errno)));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    std::string process = read_text(file);
    throw ConfigError(
        str(folder, " is in use: process ", process.substr(0, process.find('\n')), " trains in it"),
        "wait for its end, or choose another folder with --out");
  }
  const std::string process = std::to_string(::getpid()) + "\n";
  // What it says is for people; the lock counts.
  if (::ftruncate(descriptor_, 0) != 0 || ::write(descriptor_, process.data(), process.size()) < 0)
    errno = 0;
}

RunLock::~RunLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool holds_run(const std::string& path) { return is_there(path + "/config.toml"); }

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
  replace_file(run.vocabulary(), tokenizer.text());
  replace_file(run.config(), print_config(config));
  return run;
}

RunFolder open_run(const std::string& path) {
  if (!is_there(path))
    throw IoError(path + " is not there", "give the folder of a run, such as runs/demo");
  if (!holds_run(path))
    throw IoError(path + " holds no run: it has no config.toml",
                  "give the folder that `medley pretrain --out` or `medley demo` wrote");
  return {path};
}

std::string find_checkpoint(const std::string& path) {
  if (is_there(path + "/MANIFEST")) {
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
