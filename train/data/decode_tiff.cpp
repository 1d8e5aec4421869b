// The first page of a TIFF, by libtiff. It makes RGB of most layouts itself; those that it rounds
// in another way than Pillow (16 bits, inks) are read as they are. The orientation is a part of the
// format: such a picture is upright in any case, as Pillow has it.
#include "train/data/decode_formats.h"

#ifdef MEDLEY_TIFF
#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

namespace medley::train {
namespace {

class Tiff {
 public:
  Tiff(std::span<const uint8_t> bytes, const std::string& source) : bytes_(bytes), source_(source) {
    const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(
        TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, nullptr);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), 4 * kMaxPixels);
    file_ = TIFFClientOpenExt("picture", "rm", this, on_read, on_write, on_seek, on_close, on_size,
                              nullptr, nullptr, options.get());
    if (!file_) throw damaged();
  }
  ~Tiff() { TIFFClose(file_); }
  Tiff(const Tiff&) = delete;
  Tiff& operator=(const Tiff&) = delete;

  Decoded decode(const PictureOptions& options) {
    const auto width = field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
    const auto height = field<uint32_t>(TIFFTAG_IMAGELENGTH, 0);
    check_claim(width, height, bytes_, source_);
    Image image{width, height, {}};
    image.rgb.resize(static_cast<size_t>(3 * image.width * image.height));
    if (!read_samples(image, options)) read_rgba(image);
    const auto orientation = field<uint16_t>(TIFFTAG_ORIENTATION, 1);
    if (orientation >= 2 && orientation <= 8) image = turned(image, orientation);
    if (!TIFFLastDirectory(file_)) image.notes.push_back(notes::kFirstPage);
    return {std::move(image)};
  }

 private:
  static Tiff& self(void* tiff) { return *static_cast<Tiff*>(tiff); }
  static int on_error(TIFF*, void* user, const char*, const char* format, va_list values) {
    std::vsnprintf(self(user).message_, sizeof message_, format, values);
    return 1;  // nobody else needs to hear of it
  }
  static int on_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }
  static tmsize_t on_read(thandle_t user, void* to, tmsize_t count) {
    Tiff& tiff = self(user);
    const size_t start = std::min<size_t>(tiff.at_, tiff.bytes_.size());
    const size_t there = std::min<size_t>(static_cast<size_t>(count), tiff.bytes_.size() - start);
    std::memcpy(to, tiff.bytes_.data() + start, there);
    tiff.at_ = start + there;
    return static_cast<tmsize_t>(there);
  }
  static tmsize_t on_write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t on_seek(thandle_t user, toff_t to, int from) {
    Tiff& tiff = self(user);
    const toff_t base = from == SEEK_SET ? 0 : from == SEEK_CUR ? tiff.at_ : tiff.bytes_.size();
    return tiff.at_ = base + to;
  }
  static int on_close(thandle_t) { return 0; }
  static toff_t on_size(thandle_t user) { return self(user).bytes_.size(); }

  DataError damaged() const {
    return DataError(str("[image] ", source_, " is a TIFF that cannot be read: ", message_));
  }
  void check(int result) const {
    if (result != 1) throw damaged();
  }
  template <class T>
  T field(uint32_t tag, T otherwise) const {
    T value = otherwise;
    TIFFGetFieldDefaulted(file_, tag, &value);
    return value;
  }

  // Lines of 16-bit grey, of 16-bit colours, and of four inks. False: it is none of these.
  bool read_samples(Image& image, const PictureOptions& options) {
    const auto bits = field<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
    const auto samples = field<uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
    const auto kind = field<uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    const bool grey = bits == 16 && samples == 1 && kind == PHOTOMETRIC_MINISBLACK;
    const bool colours = bits == 16 && samples >= 3 && kind == PHOTOMETRIC_RGB;
    const bool inks = bits == 8 && samples == 4 && kind == PHOTOMETRIC_SEPARATED;
    if (!grey && !colours && !inks) return false;
    if (TIFFIsTiled(file_) ||
        field<uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) != PLANARCONFIG_CONTIG ||
        field<uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT) != SAMPLEFORMAT_UINT)
      return false;
    const auto width = static_cast<size_t>(image.width);
    const auto line_bytes = static_cast<size_t>(TIFFScanlineSize(file_));
    if (line_bytes != width * samples * bits / 8) throw damaged();
    std::vector<uint16_t> line((line_bytes + 1) / 2);
    std::vector<uint8_t> small;
    for (int64_t y = 0; y < image.height; ++y) {
      check(TIFFReadScanline(file_, line.data(), static_cast<uint32_t>(y), 0));
      uint8_t* to = image.rgb.data() + 3 * y * image.width;
      if (grey) {
        grey16_to_rgb(line, options, to, image.notes);
      } else if (inks) {
        const auto* bytes = reinterpret_cast<const uint8_t*>(line.data());
        small.assign(bytes, bytes + line_bytes);
        cmyk_to_rgb(small, false);
        std::copy(small.begin(), small.end(), to);
      } else {
        for (size_t x = 0; x < width; ++x)
          for (size_t c = 0; c < 3; ++c) *to++ = static_cast<uint8_t>(line[x * samples + c] >> 8);
      }
    }
    return true;
  }

  void read_rgba(Image& image) {
    uint16_t extra = 0;
    uint16_t* kinds = nullptr;
    if (TIFFGetField(file_, TIFFTAG_EXTRASAMPLES, &extra, &kinds) == 1 && extra > 0) {
      // Colours that count as blended already stay as they are.
      const std::vector<uint16_t> blended(extra, EXTRASAMPLE_ASSOCALPHA);
      TIFFSetField(file_, TIFFTAG_EXTRASAMPLES, extra, blended.data());
    }
    const auto orientation = field<uint16_t>(TIFFTAG_ORIENTATION, 1);
    TIFFSetField(file_, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);  // not turned here
    std::vector<uint32_t> raster(image.rgb.size() / 3);
    const int read = TIFFReadRGBAImageOriented(file_, static_cast<uint32_t>(image.width),
                                               static_cast<uint32_t>(image.height), raster.data(),
                                               ORIENTATION_TOPLEFT, 1);
    TIFFSetField(file_, TIFFTAG_ORIENTATION, orientation);
    check(read);
    uint8_t* to = image.rgb.data();
    for (const uint32_t pixel : raster) {
      *to++ = static_cast<uint8_t>(TIFFGetR(pixel));
      *to++ = static_cast<uint8_t>(TIFFGetG(pixel));
      *to++ = static_cast<uint8_t>(TIFFGetB(pixel));
    }
  }

  std::span<const uint8_t> bytes_;
  const std::string& source_;
  toff_t at_ = 0;
  TIFF* file_ = nullptr;
  char message_[200] = "no reason";
};

}  // namespace

Decoded decode_tiff(std::span<const uint8_t> bytes, const std::string& source,
                    const PictureOptions& options) {
  return Tiff(bytes, source).decode(options);
}

}  // namespace medley::train

#else

namespace medley::train {

Decoded decode_tiff(std::span<const uint8_t>, const std::string& source, const PictureOptions&) {
  throw DataError(str("[image] ", source, " is TIFF, which this build does not read"),
                  "install libtiff-dev and build again, or save it as PNG");
}

}  // namespace medley::train

#endif
