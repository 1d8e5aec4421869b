// libjpeg reports errors by a call that must not return: here a longjmp, which must not cross a C++
// object with a destructor. Every function that calls setjmp holds plain values alone.
// clang-format off
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "core/error.h"
#include "core/str.h"
#include "train/data/decode.h"

namespace medley::train {
namespace {

// A progressive file may ask for the whole picture to be worked on once a scan.
constexpr int kMaxScans = 500;

// What libjpeg knows about one decompression. The managers come first: callbacks get their address.
struct Decoder {
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  jpeg_decompress_struct info;
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void on_error(j_common_ptr info) {
  auto* decoder = static_cast<Decoder*>(info->client_data);
  info->err->format_message(info, decoder->message);
  std::longjmp(decoder->back, 1);
}

// libjpeg only warns of missing or damaged data and fills up with grey: that is an error here.
// Other warnings (stray bytes between markers, an odd version number) leave the picture whole.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  for (const int damage : {JWRN_JPEG_EOF, JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_MUST_RESYNC})
    if (info->err->msg_code == damage) on_error(info);
}

void on_progress(j_common_ptr info) {
  auto* decoder = static_cast<Decoder*>(info->client_data);
  if (decoder->info.input_scan_number <= kMaxScans) return;
  std::snprintf(decoder->message, sizeof decoder->message, "more than %d scans", kMaxScans);
  std::longjmp(decoder->back, 1);
}

bool read_header(Decoder& decoder, const uint8_t* bytes, size_t size) {
  if (setjmp(decoder.back)) return false;
  jpeg_create_decompress(&decoder.info);
  decoder.info.progress = &decoder.progress;
  jpeg_mem_src(&decoder.info, bytes, static_cast<unsigned long>(size));
  jpeg_read_header(&decoder.info, TRUE);
  return true;
}

// out [height, width, components]
bool read_rows(Decoder& decoder, uint8_t* out) {
  if (setjmp(decoder.back)) return false;
  jpeg_start_decompress(&decoder.info);
  const size_t row_bytes = static_cast<size_t>(decoder.info.output_width) *
                           static_cast<size_t>(decoder.info.output_components);
  while (decoder.info.output_scanline < decoder.info.output_height) {
    JSAMPROW row = out + decoder.info.output_scanline * row_bytes;
    jpeg_read_scanlines(&decoder.info, &row, 1);
  }
  jpeg_finish_decompress(&decoder.info);
  return true;
}

// Pillow's conversion: each ink weakens the white that black leaves. Adobe stores inks inverted.
std::vector<uint8_t> cmyk_to_rgb(const std::vector<uint8_t>& cmyk, bool inverted) {
  std::vector<uint8_t> rgb;
  rgb.reserve(cmyk.size() / 4 * 3);
  for (size_t i = 0; i + 3 < cmyk.size(); i += 4) {
    const uint8_t flip = inverted ? 255 : 0;
    const int white = 255 - (cmyk[i + 3] ^ flip);
    for (size_t c = 0; c < 3; ++c) {
      const int product = (cmyk[i + c] ^ flip) * white + 128;
      const int ink = ((product >> 8) + product) >> 8;  // product / 255, rounded
      rgb.push_back(static_cast<uint8_t>(white - ink));
    }
  }
  return rgb;
}

}  // namespace

Image decode_jpeg(std::span<const uint8_t> bytes, const std::string& source) {
  Decoder decoder{};
  struct Guard {
    jpeg_decompress_struct& info;
    ~Guard() { jpeg_destroy_decompress(&info); }
  } guard{decoder.info};
  decoder.info.err = jpeg_std_error(&decoder.errors);
  decoder.info.client_data = &decoder;
  decoder.errors.error_exit = on_error;
  decoder.errors.emit_message = on_message;
  decoder.progress.progress_monitor = on_progress;
  auto fail = [&] {
    return DataError(str("[image] ", source, " is a damaged JPEG: ", decoder.message));
  };
  if (!read_header(decoder, bytes.data(), bytes.size())) throw fail();
  check_picture_size(decoder.info.image_width, decoder.info.image_height, source);
  // A Huffman code has a bit at least, and a block of 64 pixels one code: a file that claims eight
  // times more would cost the memory of a large picture before it is found to be cut short.
  constexpr uint64_t kPixelsPerByte = 8 * 8 * 64;
  if (uint64_t{decoder.info.image_width} * decoder.info.image_height >
      kPixelsPerByte * bytes.size())
    throw DataError(str("[image] ", source, ": ", bytes.size(), " bytes cannot hold ",
                        decoder.info.image_width, " x ", decoder.info.image_height, " pixels"));
  const bool inks =
      decoder.info.jpeg_color_space == JCS_CMYK || decoder.info.jpeg_color_space == JCS_YCCK;
  decoder.info.out_color_space = inks ? JCS_CMYK : JCS_RGB;

  Image image{static_cast<int64_t>(decoder.info.image_width),
              static_cast<int64_t>(decoder.info.image_height),
              {}};
  image.rgb.resize(static_cast<size_t>(image.width * image.height) * (inks ? 4 : 3));
  if (!read_rows(decoder, image.rgb.data())) throw fail();
  if (inks) image.rgb = cmyk_to_rgb(image.rgb, decoder.info.saw_Adobe_marker);
  return image;
}

}  // namespace medley::train
