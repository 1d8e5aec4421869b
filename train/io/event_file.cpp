// Protocol buffers by hand: a field is its number and wire type, then a varint, 8 bytes, 4 bytes,
// or a length and bytes.
#include "train/io/event_file.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>

#include "core/str.h"

namespace medley::train {
namespace {

enum Wire { varint = 0, eight_bytes = 1, bytes = 2, four_bytes = 5 };

// Builds a message; fields by their numbers in the .proto files.
class Message {
 public:
  Message& number(int field, int64_t value) {
    tag(field, varint);
    put(static_cast<uint64_t>(value));
    return *this;
  }
  Message& real(int field, double value) {
    tag(field, eight_bytes);
    raw(&value, sizeof value);
    return *this;
  }
  Message& real(int field, float value) {
    tag(field, four_bytes);
    raw(&value, sizeof value);
    return *this;
  }
  Message& text(int field, std::string_view value) {
    tag(field, bytes);
    put(value.size());
    out_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return text(field, value.out_); }
  const std::string& str() const { return out_; }

 private:
  void tag(int field, Wire wire) { put(static_cast<uint64_t>(field << 3 | wire)); }
  void put(uint64_t value) {
    for (; value > 0x7F; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  void raw(const void* value, size_t size) { out_.append(static_cast<const char*>(value), size); }

  std::string out_;
};

// CRC-32C (Castagnoli), reflected polynomial 0x82F63B78.
uint32_t crc32c(std::string_view text) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> sums{};
    for (uint32_t i = 0; i < 256; ++i) {
      sums[i] = i;
      for (int bit = 0; bit < 8; ++bit) sums[i] = sums[i] >> 1 ^ (sums[i] & 1 ? 0x82F63B78 : 0);
    }
    return sums;
  }();
  uint32_t crc = ~0u;
  for (const char c : text) crc = crc >> 8 ^ table[(crc ^ static_cast<uint8_t>(c)) & 0xFF];
  return ~crc;
}

// The sum of a record that holds sums would hold its own: hence the mask.
std::string masked_sum(std::string_view text) {
  const uint32_t crc = crc32c(text), masked = (crc >> 15 | crc << 17) + 0xA282EAD8;
  return {reinterpret_cast<const char*>(&masked), sizeof masked};
}

// Fields of Event: 1 wall_time, 2 step, 3 file_version, 5 summary, 7 session_log.
Message event(double time, int64_t step) {
  Message message;
  message.real(1, time);
  if (step != 0) message.number(2, step);
  return message;
}

// Summary has values (1); a value has 1 tag, 2 simple_value, 4 image, 8 tensor, 9 metadata.
std::string with_value(double time, int64_t step, const Message& value) {
  return event(time, step).message(5, Message().message(1, value)).str();
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// TensorBoard reads the files of a folder in the order of their names.
std::string file_name(const std::string& folder) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return str(folder, "/events.out.tfevents.", time.count() / 1'000'000, ".", host, ".",
             time.count() % 1'000'000);
}

}  // namespace

std::string event_record(std::string_view message) {
  const uint64_t length = message.size();
  const std::string head(reinterpret_cast<const char*>(&length), sizeof length);
  return head + masked_sum(head) + std::string(message) + masked_sum(message);
}

std::string version_event(double time) { return event(time, 0).text(3, "brain.Event:2").str(); }

// SessionLog's status 1 is START: what has a later step in other files is left out.
std::string restart_event(double time, int64_t step) {
  return event(time, step).message(7, Message().number(1, 1)).str();
}

std::string scalar_event(double time, int64_t step, const std::string& tag, double value) {
  return with_value(time, step, Message().text(1, tag).real(2, static_cast<float>(value)));
}

// Image: 1 height, 2 width, 3 colorspace (3: RGB), 4 encoded_image_string.
std::string picture_event(double time, int64_t step, const std::string& tag, int64_t width,
                          int64_t height, std::string_view png) {
  const Message image = Message().number(1, height).number(2, width).number(3, 3).text(4, png);
  return with_value(time, step, Message().text(1, tag).message(4, image));
}

// A tensor of one string (1 dtype, 7: string; 2 shape of 2 dimensions of 1 size; 8 string_val), and
// the name of the plugin that shows it.
std::string text_event(double time, int64_t step, const std::string& tag,
                       std::string_view markdown) {
  const Message shape = Message().message(2, Message().number(1, 1));
  const Message tensor = Message().number(1, 7).message(2, shape).text(8, markdown);
  const Message metadata = Message().message(1, Message().text(1, "text"));
  return with_value(time, step, Message().text(1, tag).message(8, tensor).message(9, metadata));
}

EventFile::EventFile(const std::string& folder, int64_t step)
    : file_((make_folders(folder), file_name(folder)), OutputFile::Mode::create) {
  write(version_event(now()));
  write(restart_event(now(), step + 1));
}

void EventFile::write(const std::string& event) { file_.write(event_record(event)); }

void EventFile::scalar(const std::string& tag, double value, int64_t step) {
  write(scalar_event(now(), step, tag, value));
}

void EventFile::picture(const std::string& tag, int64_t width, int64_t height, std::string_view png,
                        int64_t step) {
  write(picture_event(now(), step, tag, width, height, png));
}

void EventFile::text(const std::string& tag, std::string_view markdown, int64_t step) {
  write(text_event(now(), step, tag, markdown));
}

}  // namespace medley::train
