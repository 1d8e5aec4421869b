// libpng reports errors by longjmp, which must not cross a C++ object with a destructor: every
// function that calls setjmp holds plain values alone.
#include <png.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>

#include "train/data/decode_formats.h"

namespace medley::train {
namespace {

struct Source {
  const uint8_t* bytes;
  size_t size, at;
  bool ended;
  char message[160];
};
constexpr size_t kChecksumBytes = 4;

struct Reader {
  explicit Reader(Source& source)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, on_error, on_warning)),
        info(png ? png_create_info_struct(png) : nullptr) {
    if (!info) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw MemoryError("[image] no memory for the PNG reader");
    }
    png_set_read_fn(png, &source, on_read);
    // The pixels have two checksums, and the chunk's covers more: this one may be missing.
    png_set_option(png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
    // Texts and colour profiles are skipped: kept, they could unpack to gigabytes.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    constexpr png_byte kExif[] = "eXIf", kAnimation[] = "acTL";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, kExif, 1);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, kAnimation, 1);
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
    const size_t there = std::min(count, source->size - source->at);
    source->ended |= there < count;
    if (there + kChecksumBytes < count) png_error(png, "truncated");
    std::memcpy(to, source->bytes + source->at, there);
    std::memset(to + there, 0, count - there);
    source->at += there;
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
  if (wide_grey) {
    if constexpr (std::endian::native == std::endian::little) png_set_swap(png);
  } else {
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
  return true;
}

bool read_end(png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_end(png, info);
  return true;
}

// With the last row the end of the compressed pixels is read, which may fail after all rows.
bool has_all_rows(png_structp png, png_infop info) {
  constexpr int kPasses = 7;
  if (png_get_interlace_type(png, info) == PNG_INTERLACE_ADAM7)
    return png_get_current_pass_number(png) >= kPasses;
  return png_get_current_row_number(png) >= png_get_image_height(png, info);
}

// APNG: the pixels of a file that is not read as an animation are its first frame.
bool is_animation(png_structp png, png_infop info) {
  png_unknown_chunkp chunks = nullptr;
  const int count = png_get_unknown_chunks(png, info, &chunks);
  constexpr png_byte kOneFrame[] = {0, 0, 0, 1};
  return count > 0 && chunks[0].size >= 4 && std::memcmp(chunks[0].data, kOneFrame, 4) != 0;
}

int orientation_of(png_structp png, png_infop info) {
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  return png_get_eXIf_1(png, info, &size, &exif) ? exif_orientation({exif, size}) : 1;
}

}  // namespace

Decoded decode_png(std::span<const uint8_t> bytes, const std::string& source_name,
                   const PictureOptions& options) {
  Source source{bytes.data(), bytes.size(), 0, false, ""};
  auto fail = [&] {
    return DataError(str("[image] ", source_name, " is a damaged PNG: ", source.message, " (byte ",
                         source.at, " of ", source.size, ")"));
  };
  Reader reader(source);
  if (!read_header(reader.png, reader.info)) throw fail();
  const size_t width = png_get_image_width(reader.png, reader.info);
  const size_t height = png_get_image_height(reader.png, reader.info);
  check_claim(width, height, bytes, source_name);
  const bool wide_grey = png_get_bit_depth(reader.png, reader.info) == 16 &&
                         png_get_color_type(reader.png, reader.info) == PNG_COLOR_TYPE_GRAY;
  const size_t row_bytes = width * (wide_grey ? 2 : 3);
  if (!set_transforms(reader.png, reader.info, row_bytes, wide_grey)) throw fail();

  Decoded decoded;
  Image& image = decoded.image;
  image.width = static_cast<int64_t>(width);
  image.height = static_cast<int64_t>(height);
  image.rgb.resize(3 * width * height);
  std::vector<uint16_t> grey(wide_grey ? width * height : 0);
  uint8_t* first = wide_grey ? reinterpret_cast<uint8_t*>(grey.data()) : image.rgb.data();
  std::vector<png_bytep> rows(height);
  for (size_t y = 0; y < height; ++y) rows[y] = first + y * row_bytes;
  if (!read_rows(reader.png, rows.data()) || !read_end(reader.png, reader.info)) {
    if (!source.ended || !has_all_rows(reader.png, reader.info)) throw fail();
    image.notes.push_back(notes::kCutEnd);
  }
  if (wide_grey) grey16_to_rgb(grey, options, image.rgb.data(), image.notes);
  if (is_animation(reader.png, reader.info)) image.notes.push_back(notes::kFirstFrame);
  decoded.orientation = orientation_of(reader.png, reader.info);
  return decoded;
}

}  // namespace medley::train
