// Members are read with pread: it needs no lock, and a file that shrinks gives an error where a
// mapping would give SIGBUS.
#include "train/data/tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"
#include "train/data/tar_header.h"
#include "train/data/unpack.h"
#include "train/io/checksum.h"

namespace medley::train {
namespace {

// Names and pax headers beyond this are an attack or damage.
constexpr uint64_t kMaxExtension = 1 << 20;

uint64_t round_up(uint64_t size) { return (size + kTarBlock - 1) / kTarBlock * kTarBlock; }

bool is_file(char type) { return type == '0' || type == '\0' || type == '7'; }

bool is_link(char type) { return type == '1' || type == '2'; }

// The name of the member that a link means. A hard link has it as the archive has names, a symbolic
// one as seen from its own folder.
std::string target_of(char type, const std::string& name, const std::string& link) {
  if (type == '1') return tar_name(link);
  return tar_name((std::filesystem::path(name).parent_path() / link).string());
}

// Links, devices, folders and FIFOs have no data, whatever their size field says.
bool has_data(char type) { return type < '1' || type > '6'; }

// GNU's L (long name) and K (long link), pax's x (next member) and g (all members, only read over).
bool is_extension(char type) { return type == 'L' || type == 'K' || type == 'x' || type == 'g'; }

DataError sparse_error(const std::string& place) {
  return DataError(str("[tar] ", place, ": sparse files are not supported"),
                   "make the archive without --sparse");
}

// What headers of their own say about the member that follows them.
struct Extension {
  std::string name, link;  // empty: not said
  bool has_size = false;
  uint64_t size = 0;

  void add(char type, std::string_view text, const std::string& place) {
    if (type == 'L') name = text.substr(0, text.find('\0'));
    if (type == 'K') link = text.substr(0, text.find('\0'));
    if (type != 'x') return;
    for (const auto& [key, value] : parse_pax_records(text, place)) {
      if (key == "path") name = value;
      if (key == "linkpath") link = value;
      if (key == "size") {
        has_size = true;
        size = parse_pax_number(value, place);
      }
      if (key.compare(0, 11, "GNU.sparse.") == 0) throw sparse_error(place);
    }
  }
};

}  // namespace

std::string tar_name(const std::string& name) {
  // Nearly all names have this form already.
  if (name.find("./") == name.npos && name.find("//") == name.npos) return name;
  return std::filesystem::path(name).lexically_normal().string();
}

bool is_tar_name(const std::string& path) {
  for (const char* end : {".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"})
    if (path.ends_with(end)) return true;
  return false;
}

TarFile::TarFile(const std::string& path) : path_(path) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    const std::string reason = std::strerror(errno);
    if (descriptor_ >= 0) ::close(descriptor_);
    throw IoError(str("cannot open the pictures ", path, ": ", reason));
  }
  try {
    if (!S_ISREG(status.st_mode)) throw DataError(str("[tar] ", path, " is not a file"));
    file_size_ = static_cast<uint64_t>(status.st_size);
    open_contents();
    index();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

TarFile::~TarFile() { ::close(descriptor_); }

void TarFile::read_at(uint64_t offset, void* to, size_t bytes, const std::string& member) const {
  size_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::pread(descriptor_, static_cast<char*>(to) + done, bytes - done,
                              static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw IoError(str("cannot read ", path_, " at byte ", offset, ": ", std::strerror(errno)));
    if (n == 0)
      throw DataError(str("[tar] ", path_, " ends at byte ", offset + done, ", inside ", member),
                      "the archive is truncated: make or fetch it again");
    done += static_cast<size_t>(n);
  }
}

// Of a compressed archive the descriptor becomes that of what is in it.
void TarFile::open_contents() {
  std::array<char, 64> bytes{};
  const size_t size = std::min<uint64_t>(bytes.size(), file_size_);
  read_at(0, bytes.data(), size, "a header");
  const std::string_view start(bytes.data(), size);
  refuse_lfs_pointer(start, path_);
  const Packing packing = packing_of(start);
  if (packing == Packing::none) return;
  if (packing == Packing::zip)
    throw DataError(str("[tar] ", path_, " is ", name_of(packing), ", not a tar"),
                    "unpack it into a folder and name that: `unzip " + path_ + " -d pictures`");
  const int unpacked = unpack(descriptor_, path_, packing);
  ::close(std::exchange(descriptor_, unpacked));
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0)
    throw IoError(str("cannot read what ", path_, " unpacks to: ", std::strerror(errno)));
  file_size_ = static_cast<uint64_t>(status.st_size);
}

void TarFile::index() {
  std::string last = "(none)";
  Extension extension;
  Links links;
  uint64_t empty_blocks = 0;  // that stand here; two are an end
  for (uint64_t at = 0;;) {
    if (at == file_size_ && empty_blocks >= 2) break;
    if (file_size_ - at < kTarBlock)
      throw DataError(
          str("[tar] ", path_, " ends at byte ", file_size_,
              " without the two empty blocks of an archive's end; the last member is ", last),
          "the archive is truncated, or it is not a tar file");
    std::array<uint8_t, kTarBlock> block;
    read_at(at, block.data(), block.size(), "a header");
    const std::string place = str(path_, " at byte ", at);
    const TarHeader header = parse_tar_header(block, place);
    at += kTarBlock;
    if (header.end) {
      ++empty_blocks;
      continue;
    }
    if (std::exchange(empty_blocks, 0) == 1)
      throw DataError(str("[tar] ", place, ": a member after an empty block"));

    const bool describes_next = is_extension(header.type);
    const std::string name =
        tar_name(describes_next || extension.name.empty() ? header.name : extension.name);
    uint64_t size = has_data(header.type) ? header.size : 0;
    if (!describes_next && extension.has_size) size = extension.size;
    if (size > file_size_ - at)
      throw DataError(str("[tar] ", place, ": member '", name, "' has ", size, " bytes but only ",
                          file_size_ - at, " follow"),
                      "the archive is truncated: make or fetch it again");
    if (describes_next) {
      if (size > kMaxExtension)
        throw DataError(str("[tar] ", place, ": an extended header of ", size, " bytes"));
      std::vector<char> text(size);
      read_at(at, text.data(), text.size(), "an extended header");
      extension.add(header.type, {text.data(), text.size()}, place);
    } else {
      if (header.type == 'S') throw sparse_error(place);
      if (is_file(header.type) || is_link(header.type)) members_.push_back({name, at, size});
      if (is_link(header.type))
        links[name] =
            target_of(header.type, name, extension.link.empty() ? header.link : extension.link);
      else
        links.erase(name);
      last = "'" + name + "'";
      extension = {};
    }
    at += std::min(round_up(size), file_size_ - at);
  }
  resolve(links);
  for (size_t i = 0; i < members_.size(); ++i)
    if (const std::string& name = members_[i].name; !places_.insert_or_assign(name, i).second)
      repeated_.insert(name);
}

// Links become members of the data that they mean, through other links too.
void TarFile::resolve(const Links& links) {
  if (links.empty()) return;
  constexpr int kMostLinks = 40;  // in a row, as of Linux
  std::unordered_map<std::string, TarMember> files;
  for (const TarMember& member : members_)
    if (!links.contains(member.name)) files[member.name] = member;
  std::erase_if(members_, [&](TarMember& member) {
    auto link = links.find(member.name);
    if (link == links.end()) return false;
    std::string name;
    for (int i = 0; i < kMostLinks && link != links.end(); ++i)
      link = links.find(name = link->second);
    const auto file = files.find(name);
    if (file == files.end()) return true;
    member.offset = file->second.offset;
    member.size = file->second.size;
    return false;
  });
}

const TarMember* TarFile::find(const std::string& name) const {
  const auto found = places_.find(tar_name(name));
  return found == places_.end() ? nullptr : &members_[found->second];
}

std::vector<uint8_t> TarFile::read(const TarMember& member, uint64_t most) const {
  std::vector<uint8_t> bytes(std::min(member.size, most));
  read_at(member.offset, bytes.data(), bytes.size(), "member '" + member.name + "'");
  return bytes;
}

std::vector<uint8_t> TarFile::read(const std::string& name) const {
  const TarMember* member = find(name);
  if (!member) throw DataError(str("[tar] ", path_, " has no member '", name, "'"));
  return read(*member);
}

uint64_t TarFile::checksum() const {
  Checksum sum;
  for (const TarMember& member : members_) {
    sum.add_text(member.name);
    sum.add_number(member.size);
  }
  return sum.value();
}

}  // namespace medley::train
