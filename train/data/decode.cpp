// Tells the formats apart, checks what headers claim, and turns pictures.
#include "train/data/decode.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "core/log.h"
#include "core/read_text.h"
#include "train/data/decode_formats.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;
using Bytes = std::span<const uint8_t>;

// Solid pictures have up to 26,000 pixels to a byte (WebP). With five times as many the memory of a
// large picture would be taken for a file that is a header and little else.
constexpr uint64_t kPixelsPerByte = 128 * 1024;

bool holds(Bytes bytes, std::string_view text, size_t at = 0) {
  return bytes.size() >= at + text.size() &&
         std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

bool is_png(Bytes bytes) { return holds(bytes, "\x89PNG"); }
bool is_jpeg(Bytes bytes) { return holds(bytes, "\xFF\xD8\xFF"); }
bool is_webp(Bytes bytes) { return holds(bytes, "RIFF") && holds(bytes, "WEBP", 8); }
bool is_gif(Bytes bytes) { return holds(bytes, "GIF8"); }
bool is_bmp(Bytes bytes) { return holds(bytes, "BM"); }
bool is_tiff(Bytes bytes) {
  constexpr std::string_view kStarts("II*\0MM\0*II+\0MM\0+", 16);  // 4 bytes each
  for (size_t i = 0; i < kStarts.size(); i += 4)
    if (holds(bytes, kStarts.substr(i, 4))) return true;
  return false;
}
// AVIF is one of the brands that the first box lists.
bool is_avif(Bytes bytes) {
  constexpr size_t kBrands = 64;
  const Bytes start = bytes.first(std::min(bytes.size(), kBrands));
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  return holds(bytes, "ftyp", 4) &&
         (text.find("avif") != text.npos || text.find("avis") != text.npos);
}

struct Format {
  const char* ending;
  bool (*is)(Bytes);
  Decoded (*decode)(Bytes, const std::string&, const PictureOptions&);
};
constexpr Format kFormats[] = {
    {".png", is_png, decode_png},    {".jpg", is_jpeg, decode_jpeg},
    {".webp", is_webp, decode_webp}, {".gif", is_gif, decode_gif},
    {".bmp", is_bmp, decode_bmp},    {".tif", is_tiff, decode_tiff},
    {".avif", is_avif, decode_avif},
};

const Format* format_of(Bytes bytes) {
  const auto found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                  [&](const Format& format) { return format.is(bytes); });
  return found == std::end(kFormats) ? nullptr : found;
}

// What people take for pictures.
struct Other {
  size_t at;
  std::string_view start;
  const char* name;
};
constexpr Other kOthers[] = {
    {4, "ftyphei", "is HEIC"},         {4, "ftypmif1", "is HEIC"},
    {4, "JXL ", "is JPEG XL"},         {0, "\xFF\x0A", "is JPEG XL"},
    {4, "jP  ", "is JPEG 2000"},       {0, "8BPS", "is a Photoshop file"},
    {0, "%PDF", "is a PDF"},           {0, "<svg", "is SVG"},
    {0, "<?xml", "is XML, as SVG"},    {0, "<!DOCTYPE", "is a web page"},
    {0, "<!doctype", "is a web page"}, {0, "<html", "is a web page"},
    {4, "ftyp", "is a video"},         {0, "version https://git-lfs", "is a Git LFS pointer"},
};

DataError unknown_format(Bytes bytes, const std::string& source) {
  for (const Other& other : kOthers)
    if (holds(bytes, other.start, other.at))
      return DataError(str("[image] ", source, " ", other.name, ", which is not read"),
                       "save it as PNG or JPEG");
  return DataError(str("[image] ", source, " is none of PNG, JPEG, WebP, GIF, BMP, TIFF and AVIF"),
                   "other formats are not read: save it as PNG or JPEG");
}

bool has(const std::vector<std::string_view>& all, std::string_view note) {
  return std::find(all.begin(), all.end(), note) != all.end();
}

}  // namespace

void check_picture_size(uint64_t width, uint64_t height, const std::string& source) {
  constexpr auto limit = static_cast<uint64_t>(kMaxPixels);
  // Each side alone first: the product could wrap around.
  if (width == 0 || height == 0 || width > limit || height > limit || width * height > limit)
    throw DataError(str("[image] ", source, " has ", width, " x ", height, " pixels"),
                    str("pictures have between 1 and ", kMaxPixels, " pixels"));
}

void check_claim(uint64_t width, uint64_t height, Bytes bytes, const std::string& source) {
  check_picture_size(width, height, source);
  if (width * height > kPixelsPerByte * bytes.size())
    throw DataError(str("[image] ", source, ": ", bytes.size(), " bytes cannot hold ", width, " x ",
                        height, " pixels"));
}

void check_animation_size(uint64_t width, uint64_t height, int64_t frames,
                          const std::string& source) {
  check_picture_size(width, height, source);
  if (width * height * static_cast<uint64_t>(frames) > static_cast<uint64_t>(kMaxAnimationPixels))
    throw DataError(str("[image] ", source, " has ", frames, " frames of ", width, " x ", height),
                    str("frames have at most ", kMaxAnimationPixels, " pixels together"));
}

void cmyk_to_rgb(std::vector<uint8_t>& pixels, bool inverted) {
  const uint8_t flip = inverted ? 255 : 0;
  size_t to = 0;
  for (size_t i = 0; i + 3 < pixels.size(); i += 4) {
    const int white = 255 - (pixels[i + 3] ^ flip);
    for (size_t c = 0; c < 3; ++c) {
      const int product = (pixels[i + c] ^ flip) * white + 128;
      const int ink = ((product >> 8) + product) >> 8;  // product / 255, rounded
      pixels[to++] = static_cast<uint8_t>(white - ink);
    }
  }
  pixels.resize(to);
}

void grey16_to_rgb(std::span<const uint16_t> grey, const PictureOptions& options, uint8_t* to,
                   std::vector<std::string_view>& known) {
  bool clipped = false;
  for (const uint16_t value : grey) {
    clipped |= !options.scale_grey16 && value > 255;
    const int level = options.scale_grey16 ? value >> 8 : std::min<int>(value, 255);
    to = std::fill_n(to, 3, static_cast<uint8_t>(level));
  }
  if (clipped && !has(known, notes::kClipped)) known.push_back(notes::kClipped);
}

std::string picture_ending(Bytes bytes) {
  const Format* format = format_of(bytes);
  return format ? format->ending : ".jpg";
}

int64_t count_frames(Bytes bytes, const std::string& source) {
  if (is_gif(bytes)) return count_gif_frames(bytes, source);
  return is_webp(bytes) ? count_webp_frames(bytes, source) : 1;
}

std::vector<Image> decode_frames(Bytes bytes, const std::string& source) {
  if (is_gif(bytes)) return decode_gif_frames(bytes, source);
  if (is_webp(bytes)) return decode_webp_frames(bytes, source);
  throw DataError(str("[image] ", source, " is neither an animated GIF nor WebP"));
}

Image decode_image(Bytes bytes, const std::string& source, const PictureOptions& options) {
  if (bytes.empty()) throw DataError(str("[image] ", source, " is empty"));
  const Format* format = format_of(bytes);
  if (!format) throw unknown_format(bytes, source);
  Decoded decoded = format->decode(bytes, source, options);
  Image& image = decoded.image;
  for (const std::string_view damage : {notes::kCutEnd, notes::kStrayMarker})
    if (options.strict && has(image.notes, damage))
      throw DataError(str("[image] ", source, " ", damage));
  if (decoded.orientation == 1) return std::move(image);
  if (options.upright) image = turned(image, decoded.orientation);
  image.notes.push_back(options.upright ? notes::kTurned : notes::kNotTurned);
  return std::move(image);
}

void check_picture_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_directory(status) && !fs::is_regular_file(status))
    throw IoError(path + " is no file but a pipe or a device", "pictures are read from files");
  if (!fs::is_regular_file(status)) return;  // opening it will say why
  const uint64_t size = fs::file_size(path, error);
  if (!error && size > kMaxPictureBytes)
    throw DataError(str("[image] ", path, " has ", size, " bytes"),
                    str("pictures have at most ", kMaxPictureBytes));
}

Image read_image(const std::string& path, const PictureOptions& options) {
  check_picture_file(path);
  const std::string text = read_text(path);
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  return decode_image({bytes, text.size()}, path, options);
}

void NoteWarnings::tell(const Image& image, const std::string& source) {
  for (const std::string_view note : image.notes) {
    const std::lock_guard lock(mutex_);
    if (!silent_ && told_.insert(note).second)
      warn(str(source, " ", note, "; `medley data check` lists all such pictures"));
  }
}

}  // namespace medley::train
