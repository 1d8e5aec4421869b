// Animations: frames of GIF and WebP, and data sets of them.
#include <gif_lib.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include "tests/train/form_files.h"
#include "tests/train/picture_support.h"
#include "train/data/decode_formats.h"

namespace medley::train {
namespace {

const std::vector<GifColorType> kColours = {{0, 0, 0}, {10, 20, 30}, {200, 0, 0}, {0, 0, 250}};

struct GifFrame {
  int left, top, width, height;
  std::vector<uint8_t> indices;
  int dispose = DISPOSAL_UNSPECIFIED;
  int transparent = NO_TRANSPARENT_COLOR;
  bool interlaced = false;
};

std::string make_gif(int width, int height, const std::vector<GifFrame>& frames,
                     int background = 1) {
  std::string bytes;
  int error = 0;
  GifFileType* file = EGifOpen(
      &bytes,
      [](GifFileType* gif, const GifByteType* from, int count) {
        static_cast<std::string*>(gif->UserData)
            ->append(reinterpret_cast<const char*>(from), static_cast<size_t>(count));
        return count;
      },
      &error);
  ColorMapObject* map = GifMakeMapObject(4, kColours.data());
  EGifSetGifVersion(file, true);
  EGifPutScreenDesc(file, width, height, 8, background, map);
  for (const GifFrame& frame : frames) {
    const GraphicsControlBlock control{frame.dispose, false, 5, frame.transparent};
    GifByteType block[4];
    EGifGCBToExtension(&control, block);
    EGifPutExtension(file, GRAPHICS_EXT_FUNC_CODE, sizeof block, block);
    EGifPutImageDesc(file, frame.left, frame.top, frame.width, frame.height, frame.interlaced,
                     nullptr);
    std::vector<uint8_t> line = frame.indices;
    for (int y = 0; y < frame.height; ++y)
      EGifPutLine(file, line.data() + y * frame.width, frame.width);
  }
  GifFreeMapObject(map);
  EGifCloseFile(file, &error);
  return bytes;
}

std::vector<uint8_t> to_bytes(const std::string& text) { return {text.begin(), text.end()}; }

// The index of each pixel's colour.
std::vector<int> indices(const Image& image) {
  std::vector<int> found;
  for (size_t i = 0; i < image.rgb.size(); i += 3)
    for (size_t c = 0; c < kColours.size(); ++c)
      if (image.rgb[i] == kColours[c].Red && image.rgb[i + 1] == kColours[c].Green &&
          image.rgb[i + 2] == kColours[c].Blue)
        found.push_back(static_cast<int>(c));
  return found;
}

// A lossless animation whose frames are of one grey each.
std::string make_webp(const std::vector<int>& greys) {
  WebPAnimEncoderOptions options;
  WebPAnimEncoderOptionsInit(&options);
  WebPAnimEncoder* encoder = WebPAnimEncoderNew(2, 2, &options);
  WebPConfig config;
  WebPConfigInit(&config);
  config.lossless = 1;
  for (size_t i = 0; i < greys.size(); ++i) {
    WebPPicture picture;
    WebPPictureInit(&picture);
    picture.use_argb = 1;
    picture.width = picture.height = 2;
    WebPPictureAlloc(&picture);
    for (int p = 0; p < 4; ++p)
      picture.argb[p / 2 * picture.argb_stride + p % 2] =
          0xFF000000u | static_cast<uint32_t>(greys[i]) * 0x10101u;
    WebPAnimEncoderAdd(encoder, &picture, static_cast<int>(i) * 100, &config);
    WebPPictureFree(&picture);
  }
  WebPAnimEncoderAdd(encoder, nullptr, static_cast<int>(greys.size()) * 100, nullptr);
  WebPData data;
  WebPDataInit(&data);
  WebPAnimEncoderAssemble(encoder, &data);
  const std::string bytes(reinterpret_cast<const char*>(data.bytes), data.size);
  WebPDataClear(&data);
  WebPAnimEncoderDelete(encoder);
  return bytes;
}

TEST_CASE("gif: a single frame is a picture, where it does not reach the background is") {
  const std::string gif = make_gif(3, 2, {{1, 0, 2, 2, {2, 3, 0, 2}, 0, 3}});
  const Image image = decode_image(to_bytes(gif), "a.gif");
  CHECK(image.width == 3);
  CHECK(image.height == 2);
  CHECK(indices(image) == std::vector<int>{1, 2, 3, 1, 0, 2});  // transparency is dropped
  CHECK(count_frames(to_bytes(gif), "a.gif") == 1);
}

TEST_CASE("gif: lines of an interlaced picture come in their order") {
  std::vector<uint8_t> written;  // row y in the order of GIF: 0, 8, 4, 2, 6, 1, 3, 5, 7
  for (const int y : {0, 8, 4, 2, 6, 1, 3, 5, 7}) written.push_back(static_cast<uint8_t>(y % 4));
  const std::string gif = make_gif(1, 9, {{0, 0, 1, 9, written, 0, NO_TRANSPARENT_COLOR, true}});
  CHECK(indices(decode_image(to_bytes(gif), "a.gif")) ==
        std::vector<int>{0, 1, 2, 3, 0, 1, 2, 3, 0});
}

TEST_CASE("gif: frames are drawn over what those before them left") {
  const std::string gif = make_gif(3, 1,
                                   {{0, 0, 3, 1, {2, 2, 2}},
                                    {0, 0, 2, 1, {3, 0}, DISPOSE_PREVIOUS, 0},
                                    {1, 0, 1, 1, {0}, DISPOSE_BACKGROUND},
                                    {2, 0, 1, 1, {3}}});
  const std::vector<Image> frames = decode_frames(to_bytes(gif), "a.gif");
  REQUIRE(frames.size() == 4);
  CHECK(indices(frames[0]) == std::vector<int>{2, 2, 2});
  CHECK(indices(frames[1]) == std::vector<int>{3, 2, 2});
  CHECK(indices(frames[2]) == std::vector<int>{2, 0, 2});
  CHECK(indices(frames[3]) == std::vector<int>{2, 1, 3});
  CHECK(same_image(decode_image(to_bytes(gif), "a.gif"), frames[0]));
}

TEST_CASE("webp: frames of an animation") {
  const std::string webp = make_webp({10, 200, 90});
  CHECK(count_frames(to_bytes(webp), "a.webp") == 3);
  const std::vector<Image> frames = decode_frames(to_bytes(webp), "a.webp");
  REQUIRE(frames.size() == 3);
  CHECK(frames[1].rgb == std::vector<uint8_t>(12, 200));
  CHECK(same_image(decode_image(to_bytes(webp), "a.webp"), frames[0]));
}

TEST_CASE("animations that are cut anywhere or too large are refused by name") {
  const std::vector<uint8_t> gif =
      to_bytes(make_gif(3, 1, {{0, 0, 3, 1, {2, 2, 2}}, {0, 0, 2, 1, {3, 0}}}));
  const std::vector<uint8_t> webp = to_bytes(make_webp({10, 200}));
  for (const std::vector<uint8_t>& whole : {gif, webp})
    for (size_t cut = 0; cut < whole.size(); ++cut) {
      CAPTURE(cut, whole.size());
      const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<long>(cut));
      CHECK(contains_all(message_of<DataError>([&] { decode_frames(part, "folder/x"); }),
                         {"folder/x"}));
    }
  // Outside the canvas; a colour beyond the palette.
  CHECK(refusal(to_bytes(make_gif(2, 1, {{1, 0, 2, 1, {0, 0}}}))).find("beyond 2 x 1") !=
        std::string::npos);
  std::string few = make_gif(1, 1, {{0, 0, 1, 1, {3}}});
  few[10] = static_cast<char>(few[10] - 1);  // two colours instead of four, and two less of them
  few.erase(13 + 6, 6);
  CHECK(refusal(to_bytes(few)).find("colour 3 of a palette of 2") != std::string::npos);
  std::vector<uint8_t> wide = gif;
  wide[6] = wide[7] = wide[8] = wide[9] = 0xFF;
  CHECK(contains_all(message_of<DataError>([&] { decode_frames(wide, "x"); }), {"65535 x 65535"}));
  wide[8] = 0, wide[9] = 2;  // 65535 x 512: once it fits, twice it would, three times not
  CHECK_NOTHROW(check_animation_size(65535, 512, 2, "x"));
  CHECK_THROWS_AS(check_animation_size(65535, 512, 3, "x"), DataError);
}

TEST_CASE("videos: folders of frames and animations, captions beside them or in a list") {
  FormFiles files;
  files.picture("clips/run/001.png", 1).picture("clips/run/002.png", 2);
  files.file("clips/run.txt", "a man runs");
  files.file("clips/jump.webp", make_webp({5, 6, 7})).file("clips/jump.txt", "a dog jumps");
  const OpenedData opened = files.open("clips", {.animations = true});
  REQUIRE(opened.data->size() == 2);
  CHECK(opened.data->row(0).text == "a dog jumps");
  CHECK(greys(*opened.data, 0) == std::vector<int>{5, 6, 7});
  CHECK(greys(*opened.data, 1) == std::vector<int>{1, 2});
  CHECK(opened.data->picture_name(1) == "jump.webp#1");
  CHECK(opened.data->picture_bytes(1).empty());
  CHECK(opened.summary() == "pictures with texts beside them: 2 captions of 2 videos (5 frames)");

  files.file("list.jsonl",
             "{\"clip_name\": \"jump\", \"caption\": \"one\"}\n"
             "{\"clip_name\": \"run\", \"caption\": \"two\"}\n");
  const OpenedData listed =
      files.open("list.jsonl", {.images = files / "clips", .animations = true});
  CHECK(greys(*listed.data, 0) == std::vector<int>{5, 6, 7});
  CHECK(greys(*listed.data, 1) == std::vector<int>{1, 2});
  files.file("clips.tar", tar_member("clips/run/2.png", grey_png(4)) +
                              tar_member("clips/jump.webp", make_webp({8, 9})) +
                              tar_member("clips/run/1.png", grey_png(3)) + tar_end());
  const OpenedData packed =
      files.open("list.jsonl", {.images = files / "clips.tar", .animations = true});
  CHECK(greys(*packed.data, 0) == std::vector<int>{8, 9});
  // For everyone else the first frame is the picture.
  CHECK(greys(*files.open("list.jsonl", {.images = files / "clips.tar"}).data, 0) ==
        std::vector<int>{8});
  CHECK(greys(*packed.data, 1) == std::vector<int>{3, 4});
}

}  // namespace
}  // namespace medley::train
