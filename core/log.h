// Messages for people, on stderr. Levels by MEDLEY_LOG (error, warn, info, debug; default info).
#pragma once

#include <string>

namespace medley {

enum class LogLevel { error, warn, info, debug };

// One line with the level in front: "warning: ..."
void log(LogLevel level, const std::string& message);
inline void warn(const std::string& message) { log(LogLevel::warn, message); }
inline void info(const std::string& message) { log(LogLevel::info, message); }
void set_log_level(LogLevel level);

}  // namespace medley
