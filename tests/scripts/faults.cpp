// File operations that fail on purpose, for campaign.sh: a library that is loaded before the C
// library (LD_PRELOAD) and counts what a program does to the files of one folder. Reads or writes
// of one file that follow one another are one operation.
//
//   MEDLEY_FAULT_FOLDER  the folder; nothing elsewhere counts
//   MEDLEY_FAULT_AT      which operation fails, from 1; 0: none, and the count goes to stderr
//   MEDLEY_FAULT_KIND    kill: the process is gone, with half of a write done; else an errno
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kMostFiles = 1024;
std::array<std::atomic<bool>, kMostFiles> is_counted;  // descriptors of files in the folder
std::atomic<long> operations;
std::atomic<int> last_file = -1;  // that was read or written

const char* text_of(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

template <class F>
F real(const char* name, F) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

bool in_folder(const char* path) {
  const char* folder = text_of("MEDLEY_FAULT_FOLDER");
  return *folder && std::strncmp(path, folder, std::strlen(folder)) == 0;
}

bool is_killing() { return std::strcmp(text_of("MEDLEY_FAULT_KIND"), "kill") == 0; }

// Whether this operation is the one. `file`: it reads or writes it.
bool is_next(int file = -1) {
  const bool again = last_file.exchange(file) == file && file >= 0;
  return !again && ++operations == std::atol(text_of("MEDLEY_FAULT_AT"));
}

// True with errno set: the operation must not happen.
bool fails(int file = -1) {
  if (!is_next(file)) return false;
  if (is_killing()) raise(SIGKILL);
  errno = std::atoi(text_of("MEDLEY_FAULT_KIND"));
  return true;
}

bool counts(int file) { return file >= 0 && file < kMostFiles && is_counted[file]; }

// Of a path in a folder that is open, or of a whole path.
bool counts(int folder, const char* path) { return counts(folder) || in_folder(path); }

int keep(int file, bool counted) {
  if (file >= 0 && file < kMostFiles) is_counted[file] = counted;
  return file;
}

struct Report {
  ~Report() {
    if (std::strcmp(text_of("MEDLEY_FAULT_AT"), "0") == 0)
      std::fprintf(stderr, "file operations: %ld\n", operations.load());
  }
} report;

}  // namespace

extern "C" {

int openat(int folder, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  const bool counted = counts(folder, path);
  if (counted && fails()) return -1;
  return keep(real("openat", openat)(folder, path, flags, mode), counted);
}
int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  return openat(AT_FDCWD, path, flags, mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
  const auto next = real("write", write);
  if (!counts(file) || !is_next(file)) return next(file, bytes, size);
  if (is_killing()) {
    (void)!next(file, bytes, size / 2);
    raise(SIGKILL);
  }
  errno = std::atoi(text_of("MEDLEY_FAULT_KIND"));
  return -1;
}

ssize_t pread(int file, void* to, size_t size, off_t at) {
  return counts(file) && fails(file) ? -1 : real("pread", pread)(file, to, size, at);
}
ssize_t read(int file, void* to, size_t size) {
  return counts(file) && fails(file) ? -1 : real("read", read)(file, to, size);
}
int close(int file) { return real("close", close)(keep(file, false)); }
int fsync(int file) { return counts(file) && fails() ? -1 : real("fsync", fsync)(file); }
int rename(const char* from, const char* to) {
  return in_folder(from) && fails() ? -1 : real("rename", rename)(from, to);
}
int mkdir(const char* path, mode_t mode) {
  return in_folder(path) && fails() ? -1 : real("mkdir", mkdir)(path, mode);
}
int unlinkat(int folder, const char* path, int flags) {
  return counts(folder, path) && fails() ? -1 : real("unlinkat", unlinkat)(folder, path, flags);
}
int remove(const char* path) {
  return in_folder(path) && fails() ? -1 : real("remove", remove)(path);
}
int truncate(const char* path, off_t size) {
  return in_folder(path) && fails() ? -1 : real("truncate", truncate)(path, size);
}

}  // extern "C"
