// libjpeg reports errors by a call that must not return: here a longjmp, which must not cross a C++
// object with a destructor. Every function that calls setjmp holds plain values alone.
// clang-format off
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <cstring>

#include "train/data/decode_formats.h"

namespace medley::train {
namespace {

// A progressive file may ask for the whole picture to be worked on once a scan.
constexpr int kMaxScans = 500;
constexpr int kExifMarker = JPEG_APP0 + 1;

// What libjpeg knows about one decompression. The managers come first: callbacks get their address.
struct Decoder {
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  jpeg_decompress_struct info;
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
  bool stray_marker;
};

[[noreturn]] void on_error(j_common_ptr info) {
  auto* decoder = static_cast<Decoder*>(info->client_data);
  info->err->format_message(info, decoder->message);
  std::longjmp(decoder->back, 1);
}

// libjpeg only warns of missing or damaged data and fills up with grey: that is an error here,
// unless the data are there and a restart marker stands where none should. Other warnings (stray
// bytes between markers, an odd version number) leave the picture whole.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  auto* decoder = static_cast<Decoder*>(info->client_data);
  const int code = info->err->msg_code, marker = decoder->info.unread_marker;
  if (code == JWRN_JPEG_EOF || code == JWRN_HUFF_BAD_CODE) on_error(info);
  if (code != JWRN_HIT_MARKER && code != JWRN_MUST_RESYNC) return;
  if (marker < JPEG_RST0 || marker > JPEG_RST0 + 7) on_error(info);
  decoder->stray_marker = true;
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
  jpeg_save_markers(&decoder.info, kExifMarker, 0xFFFF);
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

int orientation_of(const Decoder& decoder) {
  for (const jpeg_marker_struct* m = decoder.info.marker_list; m; m = m->next)
    if (m->data_length > 4 && std::memcmp(m->data, "Exif", 4) == 0)
      return exif_orientation({m->data, m->data_length});
  return 1;
}

}  // namespace

Decoded decode_jpeg(std::span<const uint8_t> bytes, const std::string& source,
                    const PictureOptions&) {
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
  const int orientation = orientation_of(decoder);  // the markers go when all is read
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

  Decoded decoded{{}, orientation};
  Image& image = decoded.image;
  image.width = static_cast<int64_t>(decoder.info.image_width);
  image.height = static_cast<int64_t>(decoder.info.image_height);
  image.rgb.resize(static_cast<size_t>(image.width * image.height) * (inks ? 4 : 3));
  if (!read_rows(decoder, image.rgb.data())) throw fail();
  // Adobe stores inks inverted. Who writes no marker of Adobe's mostly does too: so does Pillow.
  if (inks) cmyk_to_rgb(image.rgb, true);
  if (decoder.stray_marker) image.notes.push_back(notes::kStrayMarker);
  return decoded;
}

}  // namespace medley::train
