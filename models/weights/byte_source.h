// Bytes that can be read anywhere: a file, or memory that is treated as one. The readers of weight
// files stand on it, so that what they refuse can be tested without a file system.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace medley::models {

class ByteSource {
 public:
  // Throws IoError when the file cannot be opened.
  static ByteSource file(const std::string& path);
  static ByteSource memory(std::vector<char> bytes, const std::string& name);

  const std::string& name() const { return name_; }  // for messages
  uint64_t size() const { return size_; }
  // Fills the destination. Throws DataError when the range is not inside, IoError when the system
  // refuses.
  void read(uint64_t offset, std::span<char> destination) const;
  // The range as a new buffer; the range is checked before memory is taken.
  std::vector<char> bytes(uint64_t offset, uint64_t size) const;

 private:
  void check(uint64_t offset, uint64_t size) const;

  std::string name_;
  uint64_t size_ = 0;
  std::shared_ptr<const int> descriptor_;  // closed with the last copy; none: memory
  std::shared_ptr<const std::vector<char>> memory_;
};

// Little-endian numbers in a buffer.
template <class T>
T load_little(const char* bytes) {
  T value = 0;
  for (size_t i = sizeof(T); i-- > 0;)
    value = static_cast<T>((value << 8) | static_cast<unsigned char>(bytes[i]));
  return value;
}

}  // namespace medley::models
