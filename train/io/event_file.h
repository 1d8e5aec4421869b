// The event files that TensorBoard reads: records with masked CRC-32C sums, each an Event message
// of protocol buffers (tensorflow/core/util/event.proto, lib/io/record_writer). Written by hand, as
// they need five of its messages.
//   EventFile events("runs/a/tensorboard", 0);
//   events.scalar("itc", 0.25, 300);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "train/io/files.h"

namespace medley::train {

class EventFile {
 public:
  // A new file of the folder, for what comes after `step`: of older files only what is up to it
  // counts from now on. Throws IoError, as all that follows.
  EventFile(const std::string& folder, int64_t step);

  void scalar(const std::string& tag, double value, int64_t step);
  void picture(const std::string& tag, int64_t width, int64_t height, std::string_view png,
               int64_t step);
  void text(const std::string& tag, std::string_view markdown, int64_t step);

 private:
  void write(const std::string& event);

  OutputFile file_;
};

// One record: its length, the message, and a sum of each. For tests.
std::string event_record(std::string_view message);
// Messages, with the time in seconds since 1970.
std::string version_event(double time);
std::string restart_event(double time, int64_t step);
std::string scalar_event(double time, int64_t step, const std::string& tag, double value);
std::string picture_event(double time, int64_t step, const std::string& tag, int64_t width,
                          int64_t height, std::string_view png);
std::string text_event(double time, int64_t step, const std::string& tag,
                       std::string_view markdown);

}  // namespace medley::train
