// Each message is one write, so that lines of several threads do not mix.
#include "core/log.h"

#include <atomic>
#include <cstdio>

#include "core/env.h"
#include "core/error.h"
#include "core/printable.h"
#include "core/str.h"

namespace medley {
namespace {

LogLevel level_from_env() {
  const std::string name = env("MEDLEY_LOG");
  if (name == "error") return LogLevel::error;
  if (name == "warn") return LogLevel::warn;
  if (name == "info") return LogLevel::info;
  if (name == "debug") return LogLevel::debug;
  throw ValueError(str("MEDLEY_LOG is '", name, "'"), "use error, warn, info or debug");
}

std::atomic<LogLevel>& current_level() {
  static std::atomic<LogLevel> level{level_from_env()};
  return level;
}

const char* prefix(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "error: ";
    case LogLevel::warn:
      return "warning: ";
    case LogLevel::info:
      return "";
    case LogLevel::debug:
      return "debug: ";
  }
  return "";
}

}  // namespace

void log(LogLevel level, const std::string& message) {
  if (level > current_level().load(std::memory_order_relaxed)) return;
  const std::string line = prefix(level) + printable(message, LineEnds::keep) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void set_log_level(LogLevel level) { current_level().store(level, std::memory_order_relaxed); }

}  // namespace medley
