// PNG by libpng, into memory.
#include "train/data/encode_png.h"

#include <png.h>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {

std::vector<uint8_t> encode_png(int64_t width, int64_t height, int64_t channels,
                                std::span<const uint8_t> pixels) {
  if (static_cast<int64_t>(pixels.size()) != width * height * channels)
    throw ShapeError(str("[png] ", pixels.size(), " bytes for ", width, " x ", height,
                         " pixels of ", channels, " channels"));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = channels == 4 ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  // Twice the raw size and a header: more than deflate can need.
  std::vector<uint8_t> out(pixels.size() * 2 + 4096);
  png_alloc_size_t bytes = out.size();
  if (!png_image_write_to_memory(&image, out.data(), &bytes, 0, pixels.data(), 0, nullptr))
    throw ValueError(str("[png] cannot encode: ", image.message));
  out.resize(bytes);
  return out;
}

}  // namespace medley::train
