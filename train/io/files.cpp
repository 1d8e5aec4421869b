// POSIX file operations with typed errors and the seam for tests.
#include "train/io/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* operation, const std::string& path, int error) {
  std::string hint;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG)
    hint = "free some space, or choose another folder with --out";
  if (error == EACCES || error == EPERM || error == EROFS)
    hint = "choose a folder that you may write to";
  throw IoError(str("cannot ", operation, " ", path, ": ", std::strerror(error)), hint);
}

void check_hook(const char* operation, const std::string& path) {
  if (int error = ask_file_hook(operation, path)) fail(operation, path, error);
}

void check(bool good, const char* operation, const std::string& path) {
  if (!good) fail(operation, path, errno);
}

}  // namespace

OutputFile::OutputFile(const std::string& path, Mode mode) : path_(path) {
  check_hook("open", path);
  int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mode == Mode::append ? O_APPEND : O_TRUNC);
  descriptor_ = ::open(path.c_str(), flags, 0644);
  check(descriptor_ >= 0, "open", path);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::write(std::string_view bytes) {
  check_hook("write", path_);
  while (!bytes.empty()) {
    ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    check(written >= 0, "write", path_);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void OutputFile::sync() {
  check_hook("fsync", path_);
  check(::fsync(descriptor_) == 0, "fsync", path_);
}

void OutputFile::close() {
  int descriptor = std::exchange(descriptor_, -1);
  int result = ::close(descriptor);
  check_hook("close", path_);
  check(result == 0, "close", path_);
}

void make_folders(const std::string& path) {
  check_hook("mkdir", path);
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail("make the folder", path, error.value());
}

void sync_folder(const std::string& path) {
  check_hook("fsync", path);
  int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  check(descriptor >= 0, "open", path);
  int result = ::fsync(descriptor);
  int error = errno;
  ::close(descriptor);
  // Some network file systems cannot sync a folder and say so; nothing more can be done there.
  if (result != 0 && error != EINVAL) fail("fsync", path, error);
}

void rename_path(const std::string& from, const std::string& to) {
  check_hook("rename", from);
  check(::rename(from.c_str(), to.c_str()) == 0, "rename", from);
}

void remove_path(const std::string& path) {
  check_hook("remove", path);
  std::error_code error;
  fs::remove_all(path, error);
  if (error) fail("remove", path, error.value());
}

void truncate_file(const std::string& path, uint64_t size) {
  check_hook("truncate", path);
  check(::truncate(path.c_str(), static_cast<off_t>(size)) == 0, "truncate", path);
}

void require_space(const std::string& folder, uint64_t bytes) {
  check_hook("space", folder);
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) return;  // unknown: the write itself will tell
  uint64_t free_bytes = static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  if (free_bytes < bytes)
    throw IoError(str("a checkpoint needs ", bytes / 1000000 + 1, " MB but ", folder, " has ",
                      free_bytes / 1000000, " MB free"),
                  "free some space, or choose another folder with --out");
}

void replace_file(const std::string& path, std::string_view contents) {
  std::string partial = path + ".partial";
  try {
    OutputFile file(partial, OutputFile::Mode::create);
    file.write(contents);
    file.sync();
    file.close();
    rename_path(partial, path);
  } catch (...) {
    // What is in the way of a disk that is full.
    std::error_code error;
    fs::remove(partial, error);
    throw;
  }
  std::string folder = fs::path(path).parent_path().string();
  sync_folder(folder.empty() ? "." : folder);
}

void write_whole_folder(const std::string& path,
                        const std::function<void(const std::string& folder)>& write) {
  if (is_there(path))
    throw IoError(path + " is there already", "name a new folder: nothing is overwritten");
  const std::string whole = path.substr(0, path.find_last_not_of('/') + 1);
  const fs::path parent = fs::path(whole).lexically_normal().parent_path();
  const std::string partial = whole + ".partial";
  remove_path(partial);
  try {
    write(partial);
    rename_path(partial, whole);
  } catch (...) {
    std::error_code error;
    fs::remove_all(partial, error);
    throw;
  }
  sync_folder(parent.empty() ? "." : parent.string());
}

bool is_there(const std::string& path) {
  check_hook("stat", path);
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::none) fail("look for", path, error.value());
  return type != fs::file_type::not_found;
}

std::vector<std::string> list_folder(const std::string& path) {
  check_hook("list", path);
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    fail("list", path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace medley::train
