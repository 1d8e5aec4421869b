// What decode.cpp and its formats share. Only they include this.
#pragma once

#include <span>
#include <string>

#include "core/error.h"
#include "core/str.h"
#include "train/data/decode.h"

namespace medley::train {

// A picture as it is stored, and what is known beside it.
struct Decoded {
  Image image;
  int orientation = 1;  // as EXIF numbers it: 1 is upright
};

Decoded decode_png(std::span<const uint8_t> bytes, const std::string& source,
                   const PictureOptions& options);
Decoded decode_jpeg(std::span<const uint8_t> bytes, const std::string& source,
                    const PictureOptions& options);
// Of an animation the first frame.
Decoded decode_webp(std::span<const uint8_t> bytes, const std::string& source,
                    const PictureOptions& options);
Decoded decode_gif(std::span<const uint8_t> bytes, const std::string& source,
                   const PictureOptions& options);
Decoded decode_bmp(std::span<const uint8_t> bytes, const std::string& source,
                   const PictureOptions& options);
// Throw DataError that says so where the build lacks the library.
Decoded decode_tiff(std::span<const uint8_t> bytes, const std::string& source,
                    const PictureOptions& options);
Decoded decode_avif(std::span<const uint8_t> bytes, const std::string& source,
                    const PictureOptions& options);

int64_t count_gif_frames(std::span<const uint8_t> bytes, const std::string& source);
std::vector<Image> decode_gif_frames(std::span<const uint8_t> bytes, const std::string& source);
int64_t count_webp_frames(std::span<const uint8_t> bytes, const std::string& source);
std::vector<Image> decode_webp_frames(std::span<const uint8_t> bytes, const std::string& source);

// Throws DataError when a header claims too large a picture, or one that so few bytes cannot hold.
void check_claim(uint64_t width, uint64_t height, std::span<const uint8_t> bytes,
                 const std::string& source);
void check_animation_size(uint64_t width, uint64_t height, int64_t frames,
                          const std::string& source);

// Of EXIF data, with or without "Exif\0\0" in front: its orientation, 1 where there is none.
int exif_orientation(std::span<const uint8_t> exif);
// The picture upright.
Image turned(const Image& image, int orientation);

// Pillow's conversion: each ink weakens the white that black leaves. In place: [pixels, 4] becomes
// [pixels, 3]. `inverted`: the values are of paper, not of ink.
void cmyk_to_rgb(std::vector<uint8_t>& pixels, bool inverted);
// Grey of 16 bits, in the machine's order, as RGB of 8: [3 grey.size()] at `to`.
void grey16_to_rgb(std::span<const uint16_t> grey, const PictureOptions& options, uint8_t* to,
                   std::vector<std::string_view>& known);

}  // namespace medley::train
