// Tells the formats apart, and checks the size that a header claims.
#include "train/data/decode.h"

#include <cstring>
#include <filesystem>
#include <string_view>

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

void check_animation_size(uint64_t width, uint64_t height, int64_t frames,
                          const std::string& source) {
  check_picture_size(width, height, source);
  if (width * height * static_cast<uint64_t>(frames) > static_cast<uint64_t>(kMaxPixels))
    throw DataError(str("[image] ", source, " has ", frames, " frames of ", width, " x ", height),
                    str("frames have at most ", kMaxPixels, " pixels together"));
}

namespace {

bool starts_with(std::span<const uint8_t> bytes, std::string_view start, size_t at = 0) {
  return bytes.size() >= at + start.size() &&
         std::memcmp(bytes.data() + at, start.data(), start.size()) == 0;
}

bool is_gif(std::span<const uint8_t> bytes) { return starts_with(bytes, "GIF8"); }

bool is_webp(std::span<const uint8_t> bytes) {
  return starts_with(bytes, "RIFF") && starts_with(bytes, "WEBP", 8);
}

}  // namespace

std::string picture_ending(std::span<const uint8_t> bytes) {
  if (starts_with(bytes, "\x89PNG")) return ".png";
  if (is_gif(bytes)) return ".gif";
  return is_webp(bytes) ? ".webp" : ".jpg";
}

int64_t count_frames(std::span<const uint8_t> bytes, const std::string& source) {
  if (is_gif(bytes)) return count_gif_frames(bytes, source);
  return is_webp(bytes) ? count_webp_frames(bytes, source) : 1;
}

std::vector<Image> decode_frames(std::span<const uint8_t> bytes, const std::string& source) {
  if (is_gif(bytes)) return decode_gif_frames(bytes, source);
  if (is_webp(bytes)) return decode_webp_frames(bytes, source);
  throw DataError(str("[image] ", source, " is neither an animated GIF nor WebP"));
}

Image decode_image(std::span<const uint8_t> bytes, const std::string& source) {
  if (bytes.empty()) throw DataError(str("[image] ", source, " is empty"));
  if (starts_with(bytes, "\x89PNG")) return decode_png(bytes, source);
  if (starts_with(bytes, "\xFF\xD8\xFF")) return decode_jpeg(bytes, source);
  if (!is_gif(bytes) && !is_webp(bytes))
    throw DataError(str("[image] ", source, " is neither PNG, JPEG, WebP nor GIF"),
                    "convert it: other formats are not read");
  if (const int64_t frames = count_frames(bytes, source); frames != 1)
    throw DataError(str("[image] ", source, " is an animation of ", frames, " frames"),
                    "save one of them as a picture");
  return is_gif(bytes) ? decode_frames(bytes, source)[0] : decode_webp(bytes, source);
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
