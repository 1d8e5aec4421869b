// Log lines: what they look like on stderr and which levels are shown.
#include "core/log.h"

#include <unistd.h>

#include <cstdio>
#include <string>

#include "tests/catch.h"

using namespace medley;

namespace {

// What f writes to stderr.
template <class F>
std::string stderr_of(const F& f) {
  std::FILE* file = std::tmpfile();
  std::fflush(stderr);
  const int saved = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  f();
  std::fflush(stderr);
  dup2(saved, STDERR_FILENO);
  close(saved);
  std::rewind(file);
  std::string text;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

void all_levels() {
  log(LogLevel::debug, "d");
  info("i");
  warn("w");
  log(LogLevel::error, "e");
}

}  // namespace

TEST_CASE("the level decides which lines are written") {
  set_log_level(LogLevel::debug);
  CHECK(stderr_of(all_levels) == "debug: d\ni\nwarning: w\nerror: e\n");
  set_log_level(LogLevel::error);
  CHECK(stderr_of(all_levels) == "error: e\n");
  set_log_level(LogLevel::info);
  CHECK(stderr_of(all_levels) == "i\nwarning: w\nerror: e\n");
}
