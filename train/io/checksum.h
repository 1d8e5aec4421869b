// XXH3, 64 bits (https://xxhash.com): finds damage, not forgery.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace medley::train {

class Checksum {
 public:
  Checksum();
  ~Checksum();
  void add(std::span<const char> bytes);
  void add_text(std::string_view text);  // its length first, so that two are not one
  void add_number(uint64_t number);
  uint64_t value() const;
  std::string hex() const;  // 16 digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Throws IoError when the file cannot be read.
std::string file_checksum(const std::string& path);
std::string text_checksum(std::string_view text);

}  // namespace medley::train
