// By zlib and libzstd.
#include "train/data/unpack.h"

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

constexpr size_t kBlock = 1 << 20;
// Beyond this factor, and this much of empty blocks, is what was made to fill a disk.
constexpr uint64_t kMostGrowth = 1000, kAnyway = 64 << 20;

class Temporary {
 public:
  explicit Temporary(const std::string& path) : path_(path) {
    std::error_code error;
    folder_ = std::filesystem::temp_directory_path(error).string();
    if (error) folder_ = "$TMPDIR";
    std::string name = folder_ + "/medley-XXXXXX";
    descriptor_ = ::mkstemp(name.data());
    if (descriptor_ < 0) fail();
    ::unlink(name.c_str());
  }
  ~Temporary() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::span<const char> bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail();
      bytes = bytes.subspan(static_cast<size_t>(n));
      size_ += static_cast<uint64_t>(n);
    }
  }
  uint64_t size() const { return size_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  [[noreturn]] void fail() const {
    throw IoError(str("cannot unpack ", path_, " into ", folder_, ": ", std::strerror(errno)),
                  "name a folder with room by TMPDIR, or unpack the archive: a plain tar is read "
                  "where it is");
  }

  std::string path_, folder_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

DataError damaged(const std::string& path, const std::string& what) {
  return DataError(str("[tar] ", path, ": ", what), "make or fetch the archive again");
}

// Takes the next of `in` from its front and fills the front of `out`, as much as either allows;
// returns how much of `out` is filled.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual size_t decode(std::span<const char>& in, std::span<char> out) = 0;
  virtual bool whole() const = 0;  // the input may end here
};

class Gzip : public Decoder {
 public:
  explicit Gzip(const std::string& path) : path_(path) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() override { inflateEnd(&stream_); }

  size_t decode(std::span<const char>& in, std::span<char> out) override {
    // What follows the end of one stream is the next: gzip files are joined as tars are.
    if (whole_ && inflateReset(&stream_) != Z_OK) throw damaged(path_, "it cannot be unpacked");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    whole_ = result == Z_STREAM_END;
    if (!whole_ && result != Z_OK && result != Z_BUF_ERROR)
      throw damaged(path_, str("damaged gzip: ", stream_.msg ? stream_.msg : "no reason given"));
    in = in.last(stream_.avail_in);
    return out.size() - stream_.avail_out;
  }
  bool whole() const override { return whole_; }

 private:
  std::string path_;
  z_stream stream_{};
  bool whole_ = false;
};

class Zstd : public Decoder {
 public:
  explicit Zstd(const std::string& path) : path_(path), stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
  }
  ~Zstd() override { ZSTD_freeDStream(stream_); }

  size_t decode(std::span<const char>& in, std::span<char> out) override {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const size_t result = ZSTD_decompressStream(stream_, &to, &from);
    if (ZSTD_isError(result))
      throw damaged(path_, str("damaged zstd: ", ZSTD_getErrorName(result)));
    whole_ = result == 0;
    in = in.subspan(from.pos);
    return to.pos;
  }
  bool whole() const override { return whole_; }

 private:
  std::string path_;
  ZSTD_DStream* stream_;
  bool whole_ = false;
};

std::span<const char> read_block(int descriptor, uint64_t at, std::vector<char>& block,
                                 const std::string& path) {
  while (true) {
    const ssize_t n = ::pread(descriptor, block.data(), block.size(), static_cast<off_t>(at));
    if (n >= 0) return {block.data(), static_cast<size_t>(n)};
    if (errno != EINTR) throw IoError(str("cannot read ", path, ": ", std::strerror(errno)));
  }
}

}  // namespace

Packing packing_of(std::string_view start) {
  if (start.starts_with("\x1F\x8B")) return Packing::gzip;
  if (start.starts_with("\x28\xB5\x2F\xFD")) return Packing::zstd;
  if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06")) return Packing::zip;
  return Packing::none;
}

const char* name_of(Packing packing) {
  switch (packing) {
    case Packing::gzip:
      return "compressed by gzip";
    case Packing::zstd:
      return "compressed by zstd";
    case Packing::zip:
      return "a zip archive";
    case Packing::none:
      break;
  }
  return "not compressed";
}

int unpack(int descriptor, const std::string& path, Packing packing) {
  std::unique_ptr<Decoder> decoder;
  if (packing == Packing::gzip)
    decoder = std::make_unique<Gzip>(path);
  else
    decoder = std::make_unique<Zstd>(path);
  Temporary out(path);
  std::vector<char> block(kBlock), unpacked(kBlock);
  for (uint64_t at = 0;;) {
    std::span<const char> in = read_block(descriptor, at, block, path);
    if (in.empty()) break;
    at += in.size();
    // A full output may mean that more of it waits inside.
    for (size_t filled = kBlock; !in.empty() || filled == kBlock;) {
      filled = decoder->decode(in, unpacked);
      out.write({unpacked.data(), filled});
      if (out.size() > kMostGrowth * at + kAnyway)
        throw damaged(path, str("it unpacks to more than ", out.size(), " bytes"));
      if (in.empty() && decoder->whole()) break;
    }
  }
  if (!decoder->whole()) throw damaged(path, "it is cut off: the end is missing");
  return out.release();
}

}  // namespace medley::train
