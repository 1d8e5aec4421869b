// A file as a string, and the seam through which all file operations go, reads and writes, so that
// a test can fail or kill the process at any of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace medley {

// Throws IoError with the system's reason, also for what is no plain file; DataError when the file
// has more than `most` bytes, or is a pointer of git-lfs.
std::string read_text(const std::string& path, uint64_t most = UINT64_MAX);
// Text as people's programs save it, in UTF-8 without a byte order mark: UTF-16 is translated, with
// its mark or, as JSON and tables begin, without; half a pair in it becomes U+FFFD.
std::string as_utf8(std::string text);
// Throws DataError when a file begins as the few lines that git-lfs leaves in place of a large one.
void refuse_lfs_pointer(std::string_view start, const std::string& path);
// The same in blocks, one after the other.
void read_blocks(const std::string& path, const std::function<void(std::string_view)>& use);

// Called before each operation ("open", "read", "list", "stat", "write", "fsync", "close",
// "rename", "mkdir", "remove", "space", "truncate"). A result other than 0 makes the operation
// fail with that errno. For tests: one hook per process, null for none.
using FileHook = std::function<int(const char* operation, const std::string& path)>;
void set_file_hook(FileHook hook);
// What the hook says; 0 without one.
int ask_file_hook(const char* operation, const std::string& path);

}  // namespace medley
