// WebP by libwebp: lossy and lossless, pictures and animations. Transparency is dropped and not
// blended, as the others' is.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "core/error.h"
#include "core/str.h"
#include "train/data/decode.h"

namespace medley::train {
namespace {

WebPBitstreamFeatures read_features(std::span<const uint8_t> bytes, const std::string& source) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK)
    throw DataError(str("[image] ", source, " is a damaged WebP file"));
  return features;
}

}  // namespace

Image decode_webp(std::span<const uint8_t> bytes, const std::string& source) {
  const WebPBitstreamFeatures features = read_features(bytes, source);
  if (features.has_animation) return decode_webp_frames(bytes, source)[0];
  check_picture_size(static_cast<uint64_t>(features.width), static_cast<uint64_t>(features.height),
                     source);
  Image image{features.width, features.height, {}};
  image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
  const int stride = 3 * features.width;
  if (!WebPDecodeRGBInto(bytes.data(), bytes.size(), image.rgb.data(), image.rgb.size(), stride))
    throw DataError(str("[image] ", source, " is a damaged or truncated WebP file"));
  return image;
}

int64_t count_webp_frames(std::span<const uint8_t> bytes, const std::string& source) {
  if (!read_features(bytes, source).has_animation) return 1;
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data),
                                                                         WebPDemuxDelete);
  const uint32_t frames = demuxer ? WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT) : 0;
  if (frames == 0)
    throw DataError(str("[image] ", source, " is a damaged or truncated WebP animation"));
  return frames;
}

std::vector<Image> decode_webp_frames(std::span<const uint8_t> bytes, const std::string& source) {
  const WebPBitstreamFeatures features = read_features(bytes, source);
  const int64_t count = count_webp_frames(bytes, source);
  check_animation_size(static_cast<uint64_t>(features.width),
                       static_cast<uint64_t>(features.height), count, source);
  if (!features.has_animation) return {decode_webp(bytes, source)};
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(
      WebPAnimDecoderNew(&data, nullptr), WebPAnimDecoderDelete);
  std::vector<Image> frames;
  uint8_t* canvas = nullptr;  // RGBA
  int time = 0;
  while (decoder && WebPAnimDecoderGetNext(decoder.get(), &canvas, &time)) {
    Image& frame = frames.emplace_back(Image{features.width, features.height, {}});
    const int64_t pixels = frame.width * frame.height;
    frame.rgb.reserve(static_cast<size_t>(3 * pixels));
    for (int64_t i = 0; i < pixels; ++i)
      frame.rgb.insert(frame.rgb.end(), canvas + 4 * i, canvas + 4 * i + 3);
  }
  if (static_cast<int64_t>(frames.size()) != count)
    throw DataError(str("[image] frame ", frames.size(), " of ", count, " of ", source,
                        " is damaged or truncated"));
  return frames;
}

}  // namespace medley::train
