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

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12), tail(6), tail(0);
  }
}

// `low`: which of two bytes is the lower one.
std::string from_utf16(std::string_view text, size_t low) {
  const auto unit = [&](size_t at) -> char32_t {
    if (at + 1 >= text.size()) return 0xFFFD;
    return static_cast<unsigned char>(text[at + low]) |
           static_cast<char32_t>(static_cast<unsigned char>(text[at + 1 - low])) << 8;
  };
  std::string out;
  for (size_t at = 0; at < text.size(); at += 2) {
    char32_t c = unit(at);
    const char32_t next = unit(at + 2);
    if (c >= 0xD800 && c < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00);
      at += 2;
    } else if (c >= 0xD800 && c < 0xE000) {
      c = 0xFFFD;
    }
    append_utf8(out, c);
  }
  return out;
}

}  // namespace

std::string as_utf8(std::string text) {
  const std::string_view all = text;
  if (all.starts_with("\xEF\xBB\xBF")) return text.erase(0, 3);
  if (all.starts_with("\xFF\xFE")) return from_utf16(all.substr(2), 0);
  if (all.starts_with("\xFE\xFF")) return from_utf16(all.substr(2), 1);
  if (all.size() < 2 || (all[0] == 0) == (all[1] == 0)) return text;
  return from_utf16(all, all[0] == 0 ? 1 : 0);
}

void refuse_lfs_pointer(std::string_view start, const std::string& path) {
  if (start.starts_with("version https://git-lfs.github.com/spec/"))
    throw DataError(path + " is a pointer of git-lfs, not the file itself",
                    "fetch what it points to: `git lfs install && git lfs pull` in its folder");
}

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
  refuse_lfs_pointer(text, path);
  return text;
}

}  // namespace medley
