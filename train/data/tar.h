// Reads members of a tar file (ustar, GNU, pax). The file is indexed once when it is opened; a
// member is one read. Archives that follow one another in one file are one; one that is compressed
// is unpacked first (unpack.h). A hard or symbolic link is a member of what it means, where that is
// a file in the archive, and else none. Strict: a wrong checksum, a field that is no number, a
// member that goes beyond the end, a missing end mark or bytes after it that are no archive are a
// DataError with file, member and byte offset.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace medley::train {

struct TarMember {
  std::string name;  // as tar_name() has it
  uint64_t offset = 0, size = 0;
};

// One form for each name: "./p//x.png" is "p/x.png".
std::string tar_name(const std::string& name);
// .tar, .tar.gz, .tgz, .tar.zst, .tzst.
bool is_tar_name(const std::string& path);

class TarFile {
 public:
  explicit TarFile(const std::string& path);  // throws IoError, DataError
  ~TarFile();
  TarFile(const TarFile&) = delete;
  TarFile& operator=(const TarFile&) = delete;

  // Files, in their order.
  const std::vector<TarMember>& members() const { return members_; }
  // By name; of two with one name the later counts, as tar unpacks them. Null: there is none.
  const TarMember* find(const std::string& name) const;
  bool contains(const std::string& name) const { return find(name) != nullptr; }
  size_t size() const { return places_.size(); }  // different names
  bool repeated(const std::string& name) const { return repeated_.count(tar_name(name)) != 0; }
  // Any thread. Throws DataError when the file has become shorter, or there is no such member.
  // `most` bytes from its start.
  std::vector<uint8_t> read(const TarMember& member, uint64_t most = UINT64_MAX) const;
  std::vector<uint8_t> read(const std::string& name) const;
  const std::string& path() const { return path_; }
  uint64_t checksum() const;  // of names and sizes

 private:
  using Links = std::unordered_map<std::string, std::string>;  // name -> what it means
  void open_contents();
  void index();
  void resolve(const Links& links);
  void read_at(uint64_t offset, void* to, size_t bytes, const std::string& member) const;

  std::string path_;
  int descriptor_ = -1;
  uint64_t file_size_ = 0;
  std::vector<TarMember> members_;
  std::unordered_map<std::string_view, size_t> places_;  // in members_, whose names the keys are
  std::unordered_set<std::string_view> repeated_;
};

}  // namespace medley::train
