// WebP by libwebp: lossy and lossless. Transparency is dropped and not blended, as the others' is.
#include <webp/decode.h>

#include "core/error.h"
#include "core/str.h"
#include "train/data/decode.h"

namespace medley::train {

Image decode_webp(std::span<const uint8_t> bytes, const std::string& source) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK)
    throw DataError(str("[image] ", source, " is a damaged WebP file"));
  if (features.has_animation)
    throw DataError(str("[image] ", source, " is an animation"), "save one of its pictures");
  check_picture_size(static_cast<uint64_t>(features.width), static_cast<uint64_t>(features.height),
                     source);
  Image image{features.width, features.height, {}};
  image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
  const int stride = 3 * features.width;
  if (!WebPDecodeRGBInto(bytes.data(), bytes.size(), image.rgb.data(), image.rgb.size(), stride))
    throw DataError(str("[image] ", source, " is a damaged or truncated WebP file"));
  return image;
}

}  // namespace medley::train
