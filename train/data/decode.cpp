// Tells the formats apart, and checks the size that a header claims.
#include "train/data/decode.h"

#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"

namespace medley::train {

void check_picture_size(uint64_t width, uint64_t height, const std::string& source) {
  constexpr auto limit = static_cast<uint64_t>(kMaxPixels);
  // Each side alone first: the product could wrap around.
  if (width == 0 || height == 0 || width > limit || height > limit || width * height > limit)
    throw DataError(str("[image] ", source, " has ", width, " x ", height, " pixels"),
                    str("pictures have between 1 and ", kMaxPixels, " pixels"));
}

Image decode_image(std::span<const uint8_t> bytes, const std::string& source) {
  if (bytes.empty()) throw DataError(str("[image] ", source, " is empty"));
  if (bytes.size() >= 4 && bytes[0] == 0x89 && bytes[1] == 'P' && bytes[2] == 'N' &&
      bytes[3] == 'G')
    return decode_png(bytes, source);
  if (bytes.size() >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF)
    return decode_jpeg(bytes, source);
  if (bytes.size() >= 12 && std::memcmp(bytes.data(), "RIFF", 4) == 0 &&
      std::memcmp(bytes.data() + 8, "WEBP", 4) == 0)
    return decode_webp(bytes, source);
  throw DataError(str("[image] ", source, " is neither PNG, JPEG nor WebP"),
                  "convert it: other formats are not read");
}

Image read_image(const std::string& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  if (!error && size > kMaxPictureBytes)
    throw DataError(str("[image] ", path, " has ", size, " bytes"),
                    str("pictures have at most ", kMaxPictureBytes));
  const std::string text = read_text(path);
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  return decode_image({bytes, text.size()}, path);
}

}  // namespace medley::train
