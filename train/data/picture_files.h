// Where the pictures that a list names lie: a folder or a tar file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace medley::train {

class PictureFiles {
 public:
  virtual ~PictureFiles() = default;
  virtual bool contains(const std::string& name) const = 0;
  // Two files have this name: a list that names it could mean either.
  virtual bool ambiguous(const std::string& name) const = 0;
  // The first `most` bytes. Throws DataError when the picture is not there, IoError.
  virtual std::vector<uint8_t> read(const std::string& name, uint64_t most = UINT64_MAX) const = 0;
  // Names of the pictures in a folder, in order: the frames of a video. Empty for what is none.
  virtual std::vector<std::string> frames(const std::string& name) const = 0;
  // What must stand before `name` for it to be there: "", or a sub-folder as "train2014/". Throws
  // DataError when it is in two of them.
  virtual std::optional<std::string> prefix_of(const std::string& name) const = 0;
  virtual const std::string& path() const = 0;
  // Of an archive's index; 0 for a folder.
  virtual uint64_t checksum() const { return 0; }
};

// Throws IoError when nothing is there.
std::unique_ptr<PictureFiles> open_pictures(const std::string& path);

// True for the usual endings of what decode_image reads, whatever the case. They say which files of
// a folder are pictures; of what format a picture is, its content says.
bool has_picture_name(const std::string& name);

}  // namespace medley::train
