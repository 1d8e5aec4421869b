// XXH3, 64 bits (https://xxhash.com): finds damage, not forgery.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace medley::train {

class Checksum {
 public:
  Checksum();
  ~Checksum();
  void add(std::span<const char> bytes);
  uint64_t value() const;
  std::string hex() const;  // 16 digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Throws IoError when the file cannot be read.
std::string file_checksum(const std::string& path);

}  // namespace medley::train
