// Saving a checkpoint is stopped at every single file operation: by the death of the process, and
// by an error of the operating system. After each, the folder holds the old checkpoint or the new
// one, whole.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "tests/catch.h"
#include "tests/train/checkpoint_support.h"
#include "tests/train/temp_folder.h"
#include "train/io/files.h"
#include "train/loop/stop_signal.h"

namespace medley::train {
namespace {

constexpr int kCrashed = 55;

// Saves step 3 over 1 and 2 in a child process that dies before file operation `count`. True when
// it got that far.
bool crash_while_saving(const std::string& folder, int count) {
  pid_t child = fork();
  if (child == 0) {
    int seen = 0;
    set_file_hook([&](const char*, const std::string&) {
      if (seen++ == count) _exit(kCrashed);
      return 0;
    });
    try {
      write_checkpoint(folder, 3, small_files(3), 2);
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  REQUIRE((WEXITSTATUS(status) == kCrashed || WEXITSTATUS(status) == 0));
  return WEXITSTATUS(status) == kCrashed;
}

TEST_CASE("checkpoint: a crash at any file operation leaves the old or the new one") {
  set_log_level(LogLevel::error);
  bool crashed = true, new_seen = false, old_seen = false;
  int count = 0;
  for (; crashed; ++count) {
    INFO("operation " << count);
    TempFolder folder;
    for (int64_t step : {1, 2}) write_checkpoint(folder.path(), step, small_files(step), 2);
    crashed = crash_while_saving(folder.path(), count);
    std::string latest = latest_checkpoint(folder.path());
    bool is_new = latest == checkpoint_path(folder.path(), 3);
    REQUIRE((is_new || latest == checkpoint_path(folder.path(), 2)));
    CHECK(saved_value(latest) == (is_new ? 3 : 2));
    (is_new ? new_seen : old_seen) = true;
    // The next start cleans up and saves.
    remove_partial_checkpoints(folder.path());
    CHECK(saved_value(write_checkpoint(folder.path(), 3, small_files(3), 2)) == 3);
    for (const std::string& name : list_folder(folder.path())) CHECK(name.starts_with("step-"));
  }
  CHECK(count > 20);
  CHECK((new_seen && old_seen));
}

TEST_CASE("checkpoint: an error at any file operation loses nothing") {
  set_log_level(LogLevel::error);
  for (int error : {ENOSPC, EIO}) {
    bool fired = true;
    int count = 0;
    for (; fired; ++count) {
      INFO("operation " << count);
      TempFolder folder;
      for (int64_t step : {1, 2}) write_checkpoint(folder.path(), step, small_files(step), 2);
      int seen = 0;
      set_file_hook([&](const char*, const std::string&) { return seen++ == count ? error : 0; });
      bool failed = false;
      try {
        write_checkpoint(folder.path(), 3, small_files(3), 2);
      } catch (const IoError&) {
        failed = true;
      }
      set_file_hook(nullptr);
      fired = seen > count;
      std::string latest = latest_checkpoint(folder.path());
      bool is_new = latest == checkpoint_path(folder.path(), 3);
      CHECK((is_new || failed));
      CHECK(saved_value(latest) == (is_new ? 3 : 2));
      CHECK(saved_value(write_checkpoint(folder.path(), 3, small_files(3), 2)) == 3);
    }
    CHECK(count > 20);
  }
}

TEST_CASE("checkpoint: a file that may not grow is an error with a way out, not the end") {
  TempFolder folder;
  write_checkpoint(folder.path(), 1, small_files(1), 2);
  pid_t child = fork();
  if (child == 0) {
    ignore_write_signals();
    struct rlimit limit {
      150, 150
    };
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_checkpoint(folder.path(), 2, small_files(2), 2);
      _exit(1);
    } catch (const IoError& error) {
      _exit(std::string(error.what()).find("--out") == std::string::npos ? 2 : 0);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK(list_folder(folder.path()) == std::vector<std::string>{"step-000001"});
}

TEST_CASE("checkpoint: too little space is told before anything is written") {
  TempFolder folder;
  CHECK_THROWS_WITH(require_space(folder.path(), uint64_t{1} << 60),
                    Catch::Contains("MB free") && Catch::Contains("--out"));
  CHECK_NOTHROW(require_space(folder.path(), 10));
}

}  // namespace
}  // namespace medley::train
