// Reads members of a tar file (ustar, GNU, pax). The file is indexed once when it is opened; a
// member is one read. Strict: a wrong checksum, a field that is no number, a member that goes
// beyond the end or a missing end mark is a DataError with file, member and byte offset.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace medley::train {

class TarFile {
 public:
  explicit TarFile(const std::string& path);  // throws IoError, DataError
  ~TarFile();
  TarFile(const TarFile&) = delete;
  TarFile& operator=(const TarFile&) = delete;

  // Regular files alone; of two with one name the later counts, as tar unpacks them. A leading
  // "./" is no part of a name.
  size_t size() const { return members_.size(); }
  bool contains(const std::string& name) const { return members_.count(name) != 0; }
  // Any thread. Throws DataError when there is no such member or the file has become shorter.
  std::vector<uint8_t> read(const std::string& name) const;
  const std::string& path() const { return path_; }

 private:
  struct Member {
    uint64_t offset, size;
  };
  void index();
  void read_at(uint64_t offset, void* to, size_t bytes, const std::string& member) const;

  std::string path_;
  int descriptor_ = -1;
  uint64_t file_size_ = 0;
  std::unordered_map<std::string, Member> members_;
};

}  // namespace medley::train
