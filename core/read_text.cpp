// Reads by POSIX calls: a stream takes an error of the disk for the end of the file.
#include "core/read_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/str.h"

namespace medley {
namespace {

FileHook& hook() {
  static FileHook instance;
  return instance;
}

[[noreturn]] void fail(const char* operation, const std::string& path, int error) {
  throw IoError(str("cannot ", operation, " ", path, ": ", std::strerror(error)));
}

class InputFile {
 public:
  explicit InputFile(const std::string& path) : path_(path) {
    if (const int error = ask_file_hook("open", path)) fail("open", path, error);
    // Without O_NONBLOCK a pipe that nobody writes to would wait for ever.
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) fail("open", path, errno);
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
      ::close(descriptor_);
      fail("read", path, errno);
    }
    size_ = static_cast<uint64_t>(status.st_size);
    if (S_ISREG(status.st_mode)) return;
    ::close(descriptor_);
    throw IoError(path + (S_ISDIR(status.st_mode) ? " is a folder, not a file"
                                                  : " is no plain file: it cannot be read here"));
  }
  ~InputFile() { ::close(descriptor_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  uint64_t size() const { return size_; }

  // 0: the end.
  size_t read(char* out, size_t most) {
    while (true) {
      if (const int error = ask_file_hook("read", path_)) fail("read", path_, error);
      const ssize_t got = ::read(descriptor_, out, most);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) fail("read", path_, errno);
    }
  }

 private:
  std::string path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace

void set_file_hook(FileHook new_hook) { hook() = std::move(new_hook); }

int ask_file_hook(const char* operation, const std::string& path) {
  return hook() ? hook()(operation, path) : 0;
}

void read_blocks(const std::string& path, const std::function<void(std::string_view)>& use) {
  InputFile file(path);
  std::vector<char> block(1 << 20);
  while (const size_t got = file.read(block.data(), block.size())) use({block.data(), got});
}

std::string read_text(const std::string& path, uint64_t most) {
  InputFile file(path);
  const auto check = [&](uint64_t size) {
    if (size > most) throw DataError(str(path, ": ", size, " bytes, over the limit of ", most));
  };
  check(file.size());
  std::string text(file.size() + 1, '\0');
  size_t done = 0;
  while (const size_t got = file.read(text.data() + done, text.size() - done)) {
    check(done += got);
    if (done == text.size()) text.resize(2 * done);  // it grows, or is one of /proc
  }
  text.resize(done);
  return text;
}

}  // namespace medley
