// Reads of files and of memory.
#include "models/weights/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"

namespace medley::models {

ByteSource ByteSource::file(const std::string& path) {
  if (const int error = ask_file_hook("open", path))
    throw IoError("cannot open " + path + ": " + std::strerror(error));
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) throw IoError("cannot open " + path + ": " + std::strerror(errno));
  ByteSource source;
  source.name_ = path;
  source.descriptor_ = std::shared_ptr<const int>(new int(opened), [](const int* descriptor) {
    ::close(*descriptor);
    delete descriptor;
  });
  struct stat status {};
  if (::fstat(opened, &status) != 0)
    throw IoError("cannot read the size of " + path + ": " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw IoError("cannot read " + path + ": it is not a plain file");
  source.size_ = static_cast<uint64_t>(status.st_size);
  return source;
}

ByteSource ByteSource::memory(std::vector<char> bytes, const std::string& name) {
  ByteSource source;
  source.name_ = name;
  source.size_ = bytes.size();
  source.memory_ = std::make_shared<const std::vector<char>>(std::move(bytes));
  return source;
}

void ByteSource::check(uint64_t offset, uint64_t size) const {
  if (offset > size_ || size > size_ - offset)
    throw DataError(str(name_, ": ", size, " bytes at ", offset, " are wanted but the file has ",
                        size_, " bytes"),
                    "the file looks cut short: copy or download it again");
}

void ByteSource::read(uint64_t offset, std::span<char> destination) const {
  check(offset, destination.size());
  if (destination.empty()) return;
  if (memory_) {
    std::memcpy(destination.data(), memory_->data() + offset, destination.size());
    return;
  }
  for (size_t done = 0; done < destination.size();) {
    if (const int error = ask_file_hook("read", name_))
      throw IoError(
          str("cannot read ", name_, " at byte ", offset + done, ": ", std::strerror(error)));
    const ssize_t got = ::pread(*descriptor_, destination.data() + done, destination.size() - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      throw IoError(str("cannot read ", name_, " at byte ", offset + done, ": ",
                        got < 0 ? std::strerror(errno) : "it became shorter"));
    done += static_cast<size_t>(got);
  }
}

std::vector<char> ByteSource::bytes(uint64_t offset, uint64_t size) const {
  check(offset, size);
  std::vector<char> buffer(size);
  read(offset, buffer);
  return buffer;
}

}  // namespace medley::models
