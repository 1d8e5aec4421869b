// Picture files to RGB, as Pillow's open().convert("RGB"): PNG, JPEG, WebP, GIF, BMP, and where the
// build has their libraries TIFF and AVIF. What a file is, its first bytes say; its name is not
// looked at.
//
// Palettes are applied, transparency is dropped (not blended), CMYK becomes RGB, of an animation
// the first frame counts. Of 16 bits the upper 8 count, except in grey pictures without alpha,
// which Pillow clips at 255.
#pragma once

#include <mutex>
#include <set>
#include <span>
#include <string>

#include "train/data/dataset.h"

namespace medley::train {

// Larger pictures are refused by their header, before memory is taken for them. Pillow warns from
// here on, and refuses twice as many.
inline constexpr int64_t kMaxPixels = 178'956'970;
// The same for files: about as many as kMaxPixels pixels take when they are not compressed.
inline constexpr uint64_t kMaxPictureBytes = uint64_t{512} * 1024 * 1024;
// The frames of an animation together, where all of them are wanted.
inline constexpr int64_t kMaxAnimationPixels = 64 * 1024 * 1024;

struct PictureOptions {
  // Cameras store pictures as their sensor was held, and note in EXIF how to turn them. BLIP was
  // trained on pictures as they are stored; people expect to see them upright.
  bool upright = false;
  bool scale_grey16 = false;  // grey of 16 bits: the upper 8 count, as in colours
  bool strict = false;        // refuse what Pillow shows although the file is damaged
};

// What may be in Image::notes. Each follows the name of the picture.
namespace notes {
inline constexpr std::string_view kTurned = "was turned upright as its EXIF orientation says";
inline constexpr std::string_view kNotTurned =
    "may lie on its side: its EXIF orientation is ignored, as in BLIP's training";
inline constexpr std::string_view kFirstFrame = "is an animation, of which the first frame counts";
inline constexpr std::string_view kFirstPage = "has several pages, of which the first counts";
inline constexpr std::string_view kClipped =
    "is grey of 16 bits, and what is brighter than 255 of 65,535 became white, as in Pillow";
// Damaged, and refused where PictureOptions::strict:
inline constexpr std::string_view kCutEnd =
    "has all its pixels, but the end of its file is missing";
inline constexpr std::string_view kStrayMarker =
    "has a restart marker at a wrong place: it is used as Pillow shows it";
}  // namespace notes

// Throws DataError that names `source`: another format, damaged, truncated, too large.
Image decode_image(std::span<const uint8_t> bytes, const std::string& source,
                   const PictureOptions& options = {});
// Throws IoError as well, also for what is no file: a folder, a pipe, a device.
Image read_image(const std::string& path, const PictureOptions& options = {});
// Throws IoError unless `path` is a file, and DataError when it has too many bytes for a picture.
void check_picture_file(const std::string& path);

// What the name of such a file ends with: ".png", ".jpg", ".webp", ...
std::string picture_ending(std::span<const uint8_t> bytes);

// How many frames a GIF or WebP has, by its structure alone; 1 for every other picture. Throws
// DataError.
int64_t count_frames(std::span<const uint8_t> bytes, const std::string& source);
// The frames of a GIF or WebP, each drawn over what those before it left.
std::vector<Image> decode_frames(std::span<const uint8_t> bytes, const std::string& source);

// Throws DataError when width x height is empty or beyond kMaxPixels.
void check_picture_size(uint64_t width, uint64_t height, const std::string& source);

// Warns of the first picture with each note. Any thread.
class NoteWarnings {
 public:
  explicit NoteWarnings(bool silent = false) : silent_(silent) {}
  void tell(const Image& image, const std::string& source);

 private:
  bool silent_;
  std::mutex mutex_;
  std::set<std::string_view> told_;
};

}  // namespace medley::train
