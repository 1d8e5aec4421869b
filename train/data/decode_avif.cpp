// AVIF by libavif; of a sequence the first picture. How a picture is to be turned is a property of
// the file (irot, imir), which is told as EXIF's orientation, as Pillow does.
#include "train/data/decode_formats.h"

#ifdef MEDLEY_AVIF
#include <avif/avif.h>

#include <algorithm>
#include <memory>

namespace medley::train {
namespace {

int orientation_of(const avifImage& image) {
#if AVIF_VERSION_MAJOR >= 1
  const bool left_right = image.imir.axis == 1;
#else
  const bool left_right = image.imir.mode == 1;
#endif
  const int turns = image.transformFlags & AVIF_TRANSFORM_IROT ? image.irot.angle & 3 : 0;
  constexpr int kTurned[] = {1, 8, 3, 6};         // by quarters, against the clock
  constexpr int kThenLeftRight[] = {2, 7, 4, 5};  // ... and mirrored
  constexpr int kThenTopBottom[] = {4, 5, 2, 7};
  if (!(image.transformFlags & AVIF_TRANSFORM_IMIR)) return kTurned[turns];
  return left_right ? kThenLeftRight[turns] : kThenTopBottom[turns];
}

}  // namespace

Decoded decode_avif(std::span<const uint8_t> bytes, const std::string& source,
                    const PictureOptions&) {
  const auto check = [&](avifResult result) {
    if (result != AVIF_RESULT_OK)
      throw DataError(
          str("[image] ", source, " is an AVIF that cannot be read: ", avifResultToString(result)));
  };
  const std::unique_ptr<avifDecoder, decltype(&avifDecoderDestroy)> decoder(avifDecoderCreate(),
                                                                            avifDecoderDestroy);
  if (!decoder) throw MemoryError("[image] no memory for the AVIF reader");
  // As lenient as Pillow.
  decoder->strictFlags &= ~static_cast<avifStrictFlags>(AVIF_STRICT_CLAP_VALID);
  decoder->strictFlags &= ~static_cast<avifStrictFlags>(AVIF_STRICT_PIXI_REQUIRED);
  decoder->imageSizeLimit = static_cast<uint32_t>(kMaxPixels);
  check(avifDecoderSetIOMemory(decoder.get(), bytes.data(), bytes.size()));
  check(avifDecoderParse(decoder.get()));
  check_claim(decoder->image->width, decoder->image->height, bytes, source);
  check(avifDecoderNextImage(decoder.get()));

  const avifImage& stored = *decoder->image;
  Decoded decoded{{stored.width, stored.height, {}}, orientation_of(stored)};
  Image& image = decoded.image;
  // With an alpha channel it is read too and dropped here: left out, it would darken the colours.
  const size_t channels = stored.alphaPlane ? 4 : 3;
  image.rgb.resize(channels * static_cast<size_t>(image.width * image.height));
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, &stored);
  rgb.format = channels == 4 ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  rgb.depth = 8;
  rgb.pixels = image.rgb.data();
  rgb.rowBytes = static_cast<uint32_t>(channels) * stored.width;
  check(avifImageYUVToRGB(&stored, &rgb));
  if (channels == 4) {
    for (size_t i = 0; i < image.rgb.size() / 4; ++i)
      std::copy_n(image.rgb.begin() + static_cast<ptrdiff_t>(4 * i), 3,
                  image.rgb.begin() + static_cast<ptrdiff_t>(3 * i));
    image.rgb.resize(image.rgb.size() / 4 * 3);
  }
  if (decoder->imageCount > 1) image.notes.push_back(notes::kFirstFrame);
  return decoded;
}

}  // namespace medley::train

#else

namespace medley::train {

Decoded decode_avif(std::span<const uint8_t>, const std::string& source, const PictureOptions&) {
  throw DataError(str("[image] ", source, " is AVIF, which this build does not read"),
                  "install libavif-dev and build again, or save it as PNG");
}

}  // namespace medley::train

#endif
