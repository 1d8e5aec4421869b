// PNG, JPEG, WebP and GIF to RGB, as Pillow's open().convert("RGB"): palettes are applied,
// transparency is dropped (not blended), of 16 bits the upper 8 count - except in grey pictures
// without alpha, where Pillow clips at 255 -, CMYK becomes RGB, EXIF orientation is ignored.
#pragma once

#include <span>
#include <string>

#include "train/data/dataset.h"

namespace medley::train {

// Larger pictures are refused by their header, before memory is taken for them.
inline constexpr int64_t kMaxPixels = 64 * 1024 * 1024;
// The same for files: more than kMaxPixels pixels take when they are not compressed.
inline constexpr uint64_t kMaxPictureBytes = uint64_t{512} * 1024 * 1024;

// Throws DataError that names `source`: another format, damaged, truncated, too large, an
// animation.
Image decode_image(std::span<const uint8_t> bytes, const std::string& source);
Image read_image(const std::string& path);  // throws IoError, DataError

// What the name of such a file ends with: ".png", ".jpg", ".webp", ".gif".
std::string picture_ending(std::span<const uint8_t> bytes);

// How many frames a GIF or WebP has, by its structure alone; 1 for every other picture. Throws
// DataError.
int64_t count_frames(std::span<const uint8_t> bytes, const std::string& source);
// The frames of an animation, each drawn over what those before it left. They have at most
// kMaxPixels pixels together.
std::vector<Image> decode_frames(std::span<const uint8_t> bytes, const std::string& source);

// The formats; decode_image tells them apart by their first bytes.
Image decode_png(std::span<const uint8_t> bytes, const std::string& source);
Image decode_jpeg(std::span<const uint8_t> bytes, const std::string& source);
Image decode_webp(std::span<const uint8_t> bytes, const std::string& source);
int64_t count_gif_frames(std::span<const uint8_t> bytes, const std::string& source);
std::vector<Image> decode_gif_frames(std::span<const uint8_t> bytes, const std::string& source);
int64_t count_webp_frames(std::span<const uint8_t> bytes, const std::string& source);
std::vector<Image> decode_webp_frames(std::span<const uint8_t> bytes, const std::string& source);
// Throws DataError when width x height is empty or beyond kMaxPixels, or so many of them are.
void check_picture_size(uint64_t width, uint64_t height, const std::string& source);
void check_animation_size(uint64_t width, uint64_t height, int64_t frames,
                          const std::string& source);

}  // namespace medley::train
