// A folder asks the file system each time; a tar has its index in memory.
#include "train/data/picture_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/str.h"
#include "train/data/decode.h"
#include "train/data/tar.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

// `prefix`, unless another one was found before.
std::string only(const std::optional<std::string>& before, const std::string& prefix,
                 const std::string& name, const std::string& path) {
  if (before && *before != prefix)
    throw DataError(str("[data] ", path, " has two pictures called '", name, "': in ", *before,
                        " and in ", prefix),
                    "say with --images (data.images) which folder is meant");
  return prefix;
}

class FolderPictures : public PictureFiles {
 public:
  explicit FolderPictures(const std::string& path) : path_(path) {}

  bool contains(const std::string& name) const override {
    std::error_code error;
    return fs::is_regular_file(full(name), error);
  }
  bool ambiguous(const std::string&) const override { return false; }

  std::vector<uint8_t> read(const std::string& name, uint64_t most) const override {
    check_picture_file(full(name));
    std::error_code error;
    const uint64_t size = fs::file_size(full(name), error);
    if (error == std::errc::no_such_file_or_directory)
      throw DataError(str("[image] ", full(name), " is not there"));
    std::ifstream file(full(name), std::ios::binary);
    std::vector<uint8_t> bytes(error ? 0 : std::min(size, most));
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (error || !file) throw IoError("cannot read the picture " + full(name));
    return bytes;
  }

  std::vector<std::string> frames(const std::string& name) const override {
    std::vector<std::string> frames;
    if (!is_folder(full(name))) return frames;
    for (const std::string& file : list_folder(full(name)))
      if (has_picture_name(file)) frames.push_back(name + "/" + file);
    return frames;
  }

  std::optional<std::string> prefix_of(const std::string& name) const override {
    if (there(name)) return "";
    std::optional<std::string> found;
    for (const std::string& folder : list_folder(path_))
      if (is_folder(full(folder)) && there(folder + "/" + name))
        found = only(found, folder + "/", name, path_);
    return found;
  }
  const std::string& path() const override { return path_; }

 private:
  // An absolute name stays as it is.
  std::string full(const std::string& name) const { return (fs::path(path_) / name).string(); }
  bool there(const std::string& name) const {
    std::error_code error;
    return fs::exists(full(name), error);
  }

  std::string path_;
};

class TarPictures : public PictureFiles {
 public:
  explicit TarPictures(const std::string& path) : tar_(path) {
    for (const TarMember& member : tar_.members())
      if (has_picture_name(member.name)) names_.push_back(member.name);
    std::sort(names_.begin(), names_.end());
  }

  bool contains(const std::string& name) const override { return tar_.contains(name); }
  bool ambiguous(const std::string& name) const override { return tar_.repeated(name); }
  std::vector<uint8_t> read(const std::string& name, uint64_t most) const override {
    const TarMember* member = tar_.find(name);
    if (!member) throw DataError(str("[image] ", tar_.path(), " has no '", name, "'"));
    if (member->size > kMaxPictureBytes)
      throw DataError(str("[image] ", name, " of ", tar_.path(), " has ", member->size, " bytes"),
                      str("pictures have at most ", kMaxPictureBytes));
    return tar_.read(*member, most);
  }

  std::vector<std::string> frames(const std::string& name) const override {
    const std::string inside = tar_name(name) + "/";
    auto first = std::lower_bound(names_.begin(), names_.end(), inside), last = first;
    while (last != names_.end() && last->starts_with(inside)) ++last;
    return {first, last};
  }

  std::optional<std::string> prefix_of(const std::string& name) const override {
    if (contains(name) || !frames(name).empty()) return "";
    std::optional<std::string> found;
    const std::string part = "/" + tar_name(name) + "/";
    for (const std::string_view member : names_)
      if (const size_t at = str("/", member, "/").find(part); at != member.npos)
        found = only(found, std::string(member.substr(0, at)), name, tar_.path());
    return found;
  }
  const std::string& path() const override { return tar_.path(); }
  uint64_t checksum() const override { return tar_.checksum(); }

 private:
  TarFile tar_;
  std::vector<std::string_view> names_;  // of pictures, sorted
};

}  // namespace

std::unique_ptr<PictureFiles> open_pictures(const std::string& path) {
  if (is_folder(path)) return std::make_unique<FolderPictures>(path);
  return std::make_unique<TarPictures>(path);
}

bool has_picture_name(const std::string& name) {
  std::string end = name.substr(std::min(name.rfind('.'), name.size()));
  std::transform(end.begin(), end.end(), end.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::array kEnds = {".jpg", ".jpeg", ".jpe", ".jfif", ".png",  ".apng", ".webp",
                                ".gif", ".bmp",  ".dib", ".tif",  ".tiff", ".avif"};
  return std::find(kEnds.begin(), kEnds.end(), end) != kEnds.end();
}

}  // namespace medley::train
