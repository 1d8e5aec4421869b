// Reads members of a tar file (ustar, GNU, pax). The file is indexed once when it is opened; a
// member is one read. Strict: a wrong checksum, a field that is no number, a member that goes
// beyond the end or a missing end mark is a DataError with file, member and byte offset.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace medley::train {

struct TarMember {
  std::string name;  // without a leading "./"
  uint64_t offset = 0, size = 0;
};

class TarFile {
 public:
  explicit TarFile(const std::string& path);  // throws IoError, DataError
  ~TarFile();
  TarFile(const TarFile&) = delete;
  TarFile& operator=(const TarFile&) = delete;

  // Regular files alone, in their order.
  const std::vector<TarMember>& members() const { return members_; }
  // By name; of two with one name the later counts, as tar unpacks them. Null: there is none.
  const TarMember* find(const std::string& name) const;
  bool contains(const std::string& name) const { return places_.count(name) != 0; }
  size_t size() const { return places_.size(); }  // different names
  bool repeated(const std::string& name) const { return repeated_.count(name) != 0; }
  // Any thread. Throws DataError when the file has become shorter, or there is no such member.
  // `most` bytes from its start.
  std::vector<uint8_t> read(const TarMember& member, uint64_t most = UINT64_MAX) const;
  std::vector<uint8_t> read(const std::string& name) const;
  const std::string& path() const { return path_; }
  uint64_t checksum() const;  // of names and sizes

 private:
  void index();
  void read_at(uint64_t offset, void* to, size_t bytes, const std::string& member) const;

  std::string path_;
  int descriptor_ = -1;
  uint64_t file_size_ = 0;
  std::vector<TarMember> members_;
  std::unordered_map<std::string_view, size_t> places_;  // in members_, whose names the keys are
  std::unordered_set<std::string_view> repeated_;
};

}  // namespace medley::train
