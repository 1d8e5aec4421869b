// libpng reports errors by longjmp, which must not cross a C++ object with a destructor: every
// function that calls setjmp holds plain values alone.
#include <png.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "core/error.h"
#include "core/str.h"
#include "train/data/decode.h"

namespace medley::train {
namespace {

struct Source {
  const uint8_t* bytes;
  size_t size, at;
  char message[160];
};

struct Reader {
  explicit Reader(Source& source)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, on_error, on_warning)),
        info(png ? png_create_info_struct(png) : nullptr) {
    if (!info) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw MemoryError("[image] no memory for the PNG reader");
    }
    png_set_read_fn(png, &source, on_read);
    // Texts and colour profiles are skipped: kept, they could unpack to gigabytes.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto* source = static_cast<Source*>(png_get_error_ptr(png));
    std::snprintf(source->message, sizeof source->message, "%s", message);
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_read(png_structp png, png_bytep to, size_t count) {
    auto* source = static_cast<Source*>(png_get_io_ptr(png));
    if (count > source->size - source->at) png_error(png, "truncated");
    std::memcpy(to, source->bytes + source->at, count);
    source->at += count;
  }

  png_structp png;
  png_infop info;
};

bool read_header(png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_info(png, info);
  return true;
}

// Everything to 8-bit RGB, but grey of 16 bits stays as it is. False: an error, or another layout.
bool set_transforms(png_structp png, png_infop info, size_t row_bytes, bool wide_grey) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_interlace_handling(png);
  if (!wide_grey) {
    png_set_expand(png);  // palette to RGB, less than 8 bits to 8
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_set_gray_to_rgb(png);
  }
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "unexpected layout");
  return true;
}

bool read_rows(png_structp png, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_image(png, rows);
  png_read_end(png, nullptr);  // so that an end that is missing is noticed
  return true;
}

}  // namespace

Image decode_png(std::span<const uint8_t> bytes, const std::string& source_name) {
  Source source{bytes.data(), bytes.size(), 0, ""};
  auto fail = [&] {
    return DataError(str("[image] ", source_name, " is a damaged PNG: ", source.message, " (byte ",
                         source.at, " of ", source.size, ")"));
  };
  Reader reader(source);
  if (!read_header(reader.png, reader.info)) throw fail();
  const size_t width = png_get_image_width(reader.png, reader.info);
  const size_t height = png_get_image_height(reader.png, reader.info);
  check_picture_size(width, height, source_name);
  const bool wide_grey = png_get_bit_depth(reader.png, reader.info) == 16 &&
                         png_get_color_type(reader.png, reader.info) == PNG_COLOR_TYPE_GRAY;
  const size_t row_bytes = width * (wide_grey ? 2 : 3);
  if (!set_transforms(reader.png, reader.info, row_bytes, wide_grey)) throw fail();

  Image image{static_cast<int64_t>(width), static_cast<int64_t>(height), {}};
  image.rgb.resize(row_bytes * height);
  std::vector<png_bytep> rows(height);
  for (size_t y = 0; y < height; ++y) rows[y] = image.rgb.data() + y * row_bytes;
  if (!read_rows(reader.png, rows.data())) throw fail();
  if (wide_grey) {
    const std::vector<uint8_t> grey = std::move(image.rgb);
    image.rgb.resize(width * height * 3);
    for (size_t i = 0; i < width * height; ++i) {
      const uint8_t clipped = grey[2 * i] ? 255 : grey[2 * i + 1];
      std::fill_n(image.rgb.begin() + static_cast<ptrdiff_t>(3 * i), 3, clipped);
    }
  }
  return image;
}

}  // namespace medley::train
