// PNG, JPEG and WebP to RGB, as Pillow's open().convert("RGB"): palettes are applied, transparency
// is dropped (not blended), of 16 bits the upper 8 count - except in grey pictures without alpha,
// where Pillow clips at 255 -, CMYK becomes RGB, EXIF orientation is ignored.
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

// The formats; decode_image tells them apart by their first bytes.
Image decode_png(std::span<const uint8_t> bytes, const std::string& source);
Image decode_jpeg(std::span<const uint8_t> bytes, const std::string& source);
Image decode_webp(std::span<const uint8_t> bytes, const std::string& source);
// Throws DataError when width x height is empty or beyond kMaxPixels.
void check_picture_size(uint64_t width, uint64_t height, const std::string& source);

}  // namespace medley::train
