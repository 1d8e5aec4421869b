// File operations that must survive a crash or a full disk: write, fsync, rename, fsync of the
// folder. All of them ask the hook of core/read_text.h first. Errors are IoError with path and
// reason: what cannot be read is never taken for what is not there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/read_text.h"

namespace medley::train {

// A file that is written once from its start, or appended to.
class OutputFile {
 public:
  enum class Mode { create, append };
  OutputFile(const std::string& path, Mode mode);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  void sync();   // to the disk
  void close();  // throws what the destructor would have to hide

 private:
  std::string path_;
  int descriptor_ = -1;
};

void make_folders(const std::string& path);
void sync_folder(const std::string& path);
void rename_path(const std::string& from, const std::string& to);
// A file or a whole folder; nothing when it is not there.
void remove_path(const std::string& path);
void truncate_file(const std::string& path, uint64_t size);
// Throws IoError that gives both figures when the file system of `folder` has fewer bytes free.
void require_space(const std::string& folder, uint64_t bytes);
// The new contents, or after a crash the old ones: written beside it, synced, renamed.
void replace_file(const std::string& path, std::string_view contents);
// A folder that appears whole or not at all: `write` fills it under another name beside its place.
// Throws IoError when `path` is there already, and what `write` throws.
void write_whole_folder(const std::string& path,
                        const std::function<void(const std::string& folder)>& write);
bool is_there(const std::string& path);
// Names of the entries of a folder, sorted; empty when it is not there.
std::vector<std::string> list_folder(const std::string& path);

}  // namespace medley::train
