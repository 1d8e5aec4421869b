// WebP by libwebp: lossy and lossless, pictures and animations. Transparency is dropped and not
// blended, as the others' is.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "train/data/decode_formats.h"

namespace medley::train {
namespace {

WebPBitstreamFeatures read_features(std::span<const uint8_t> bytes, const std::string& source) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK)
    throw DataError(str("[image] ", source, " is a damaged WebP file"));
  return features;
}

using AnimationDecoder = std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)>;
using Demuxer = std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)>;

AnimationDecoder open_animation(const WebPData& data) {
  return {WebPAnimDecoderNew(&data, nullptr), WebPAnimDecoderDelete};
}

// False: it is damaged, or there is none.
bool read_frame(WebPAnimDecoder* decoder, Image& frame) {
  uint8_t* canvas = nullptr;  // RGBA
  int time = 0;
  if (!decoder || !WebPAnimDecoderGetNext(decoder, &canvas, &time)) return false;
  const int64_t pixels = frame.width * frame.height;
  frame.rgb.reserve(static_cast<size_t>(3 * pixels));
  for (int64_t i = 0; i < pixels; ++i)
    frame.rgb.insert(frame.rgb.end(), canvas + 4 * i, canvas + 4 * i + 3);
  return true;
}

int orientation_of(const WebPData& data) {
  const Demuxer demuxer(WebPDemux(&data), WebPDemuxDelete);
  WebPChunkIterator exif;
  if (!demuxer || !WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &exif)) return 1;
  const int orientation = exif_orientation({exif.chunk.bytes, exif.chunk.size});
  WebPDemuxReleaseChunkIterator(&exif);
  return orientation;
}

}  // namespace

Decoded decode_webp(std::span<const uint8_t> bytes, const std::string& source,
                    const PictureOptions&) {
  const WebPBitstreamFeatures features = read_features(bytes, source);
  check_claim(static_cast<uint64_t>(features.width), static_cast<uint64_t>(features.height), bytes,
              source);
  const WebPData data{bytes.data(), bytes.size()};
  Decoded decoded{{features.width, features.height, {}}, orientation_of(data)};
  Image& image = decoded.image;
  bool whole = false;
  if (features.has_animation) {
    whole = read_frame(open_animation(data).get(), image);
    image.notes.push_back(notes::kFirstFrame);
  } else {
    image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
    whole = WebPDecodeRGBInto(bytes.data(), bytes.size(), image.rgb.data(), image.rgb.size(),
                              3 * features.width);
  }
  if (!whole) throw DataError(str("[image] ", source, " is a damaged or truncated WebP file"));
  return decoded;
}

int64_t count_webp_frames(std::span<const uint8_t> bytes, const std::string& source) {
  if (!read_features(bytes, source).has_animation) return 1;
  const WebPData data{bytes.data(), bytes.size()};
  const Demuxer demuxer(WebPDemux(&data), WebPDemuxDelete);
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
  if (!features.has_animation) return {decode_webp(bytes, source, {}).image};
  const WebPData data{bytes.data(), bytes.size()};
  const AnimationDecoder decoder = open_animation(data);
  std::vector<Image> frames;
  for (Image frame{features.width, features.height, {}}; read_frame(decoder.get(), frame);
       frame = {features.width, features.height, {}})
    frames.push_back(std::move(frame));
  if (static_cast<int64_t>(frames.size()) != count)
    throw DataError(str("[image] frame ", frames.size(), " of ", count, " of ", source,
                        " is damaged or truncated"));
  return frames;
}

}  // namespace medley::train
