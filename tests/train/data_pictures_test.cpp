// Less usual picture files against Pillow's bytes (tests/fixtures/data/make_pictures.py): EXIF
// orientation, animations, damage that is passed over, BMP, TIFF, AVIF.
#include <sys/stat.h>

#include <map>

#include "core/philox.h"
#include "tests/train/form_files.h"
#include "tests/train/picture_support.h"
#include "train/data/picture_files.h"
#include "train/loop/data_source.h"

namespace medley::train {
namespace {

std::string_view note_of(const std::string& name) {
  const std::map<std::string, std::string_view> all{{"", ""},
                                                    {"turned", notes::kTurned},
                                                    {"not turned", notes::kNotTurned},
                                                    {"first frame", notes::kFirstFrame},
                                                    {"first page", notes::kFirstPage},
                                                    {"clipped", notes::kClipped},
                                                    {"cut end", notes::kCutEnd},
                                                    {"stray marker", notes::kStrayMarker}};
  return all.at(name);
}

// Of a library that the build lacks.
bool not_built(const std::string& message) {
  return message.find("which this build does not read") != std::string::npos;
}

// Decoders of AVIF round the conversion to RGB each in their own way.
bool close(const Image& a, const Image& b, int most) {
  if (a.width != b.width || a.height != b.height || a.rgb.size() != b.rgb.size()) return false;
  for (size_t i = 0; i < a.rgb.size(); ++i)
    if (std::abs(a.rgb[i] - b.rgb[i]) > most) return false;
  return true;
}

TEST_CASE("less usual pictures decode to Pillow's RGB bytes, and say what is to be known") {
  size_t compared = 0;
  for (const Json& item : unusual_pictures()) {
    const std::string name = item.at("name").text();
    CAPTURE(name);
    const std::vector<uint8_t> file = from_hex(item.at("file").text());
    const PictureOptions options{.upright = item.at("upright").boolean()};
    Image image;
    if (not_built(message_of<DataError>([&] { image = decode_image(file, name, options); }))) {
      CHECK((name.ends_with(".tif") || name.ends_with(".avif")));
      continue;
    }
    CHECK(close(image, golden_image(item.at("to")), name.ends_with(".avif") ? 2 : 0));
    const std::string_view note = note_of(item.at("note").text());
    CHECK(image.notes ==
          (note.empty() ? std::vector<std::string_view>() : std::vector<std::string_view>{note}));
    ++compared;
  }
  CHECK(compared > 40);
}

TEST_CASE("an orientation is applied only when that is asked for") {
  const std::vector<uint8_t> file = picture_file("orientation5.jpg");
  const Image stored = decode_image(file, "x"),
              upright = decode_image(file, "x", {.upright = true});
  CHECK(stored.width == upright.height);
  for (int64_t y = 0; y < stored.height; ++y)  // 5: columns become rows
    for (int64_t x = 0; x < stored.width; ++x)
      CHECK(stored.rgb[static_cast<size_t>(3 * (y * stored.width + x))] ==
            upright.rgb[static_cast<size_t>(3 * (x * upright.width + y))]);
}

TEST_CASE("EXIF that is damaged or says nothing leaves a picture as it is") {
  const std::vector<uint8_t> whole = picture_file("big_endian.jpg");
  const std::string_view text(reinterpret_cast<const char*>(whole.data()), whole.size());
  const size_t exif = text.find("Exif") + 6;
  REQUIRE(exif < whole.size());
  // The byte order, the start of the directory, its count, the tag, the type, the value.
  for (const auto& [at, value] :
       {std::pair<size_t, int>{0, 'X'}, {4, 0xFF}, {9, 0}, {10, 2}, {13, 7}, {19, 9}, {19, 0}}) {
    CAPTURE(at, value);
    std::vector<uint8_t> bytes = whole;
    bytes[exif + at] = static_cast<uint8_t>(value);
    CHECK(decode_image(bytes, "x", {.upright = true}).notes.empty());
  }
}

TEST_CASE("strict refuses what Pillow passes over") {
  for (const char* name : {"no_end.png", "cut_by_4.png", "no_end.gif", "stray_marker.jpg"}) {
    CAPTURE(name);
    const std::vector<uint8_t> file = picture_file(name);
    CHECK(contains_all(
        message_of<DataError>([&] { decode_image(file, "folder/x", {.strict = true}); }),
        {"folder/x"}));
  }
  CHECK_NOTHROW(decode_image(picture_file("stray_marker_at_the_end.jpg"), "x", {.strict = true}));
}

TEST_CASE("grey of 16 bits is clipped as Pillow does, or scaled") {
  const std::vector<uint8_t> file = golden_file("grey16.png");
  const Image clipped = decode_image(file, "x");
  const Image scaled = decode_image(file, "x", {.scale_grey16 = true});
  for (size_t i = 0; i < 30; ++i) {  // its values are 17 i
    CHECK(clipped.rgb[3 * i] == std::min<size_t>(17 * i, 255));
    CHECK(scaled.rgb[3 * i] == (17 * i) >> 8);
  }
  CHECK(clipped.notes == std::vector<std::string_view>{notes::kClipped});
  CHECK(scaled.notes.empty());
}

TEST_CASE("less usual pictures that are cut anywhere are refused by name, or whole") {
  for (const char* name : {"palette.bmp", "runs8.bmp", "runs4.bmp", "565.bmp", "os2.bmp",
                           "tiff_lzw.tif", "cmyk.tif", "rgb.avif", "animated.webp"}) {
    const std::vector<uint8_t> whole = picture_file(name);
    if (not_built(refusal(whole))) continue;
    for (size_t cut = 0; cut < whole.size(); ++cut) {
      CAPTURE(name, cut, whole.size());
      const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<long>(cut));
      const std::string message = refusal(part);
      if (message.empty())
        CHECK(same_image(decode_image(part, "part"), decode_image(whole, "whole")));
      else
        CHECK(message.find("folder/x") != std::string::npos);
    }
  }
}

TEST_CASE("flipped bits in BMP, TIFF and AVIF give a picture or a DataError") {
  Random random(1, Purpose::test);
  for (const char* name : {"palette.bmp", "runs8.bmp", "runs4.bmp", "565.bmp", "from_top.bmp",
                           "tiff_lzw.tif", "grey16.tif", "cmyk.tif", "pages.tif", "rgb.avif"}) {
    const std::vector<uint8_t> whole = picture_file(name);
    int refused = 0;
    for (int i = 0; i < 200; ++i) {
      std::vector<uint8_t> bytes = whole;
      for (uint32_t flips = 1 + random.below(3); flips > 0; --flips)
        bytes[random.below(static_cast<uint32_t>(bytes.size()))] ^=
            static_cast<uint8_t>(1u << random.below(8));
      refused += !refusal(bytes).empty();
    }
    CHECK(refused > 0);
  }
}

TEST_CASE("a header that claims more pixels than its file can hold is refused") {
  // A lossless WebP of 66 bytes: RIFF, its size, WEBP, VP8L, the size, 0x2F, sides less one.
  std::vector<uint8_t> webp = {'R', 'I', 'F', 'F', 58, 0, 0, 0,    'W',  'E',  'B',  'P', 'V',
                               'P', '8', 'L', 46,  0,  0, 0, 0x2F, 0xFE, 0xDF, 0xFF, 0x07};
  webp.resize(66);
  CHECK(contains_all(refusal(webp), {"66 bytes cannot hold 8191 x 8192 pixels"}));

  std::vector<uint8_t> png = golden_file("rgb.png");
  put_big_endian(png, 16, 12000, 4);
  put_big_endian(png, 20, 9000, 4);
  put_big_endian(png, 29, png_crc(png.data() + 12, 17), 4);
  CHECK(contains_all(refusal(png), {"cannot hold 12000 x 9000 pixels"}));

  std::vector<uint8_t> bmp = picture_file("runs8.bmp");
  bmp[20] = bmp[24] = 0xFF;
  CHECK(contains_all(refusal(bmp), {"16711687 x 16711683 pixels"}));

  std::vector<uint8_t> gif = picture_file("no_end.gif");
  gif[7] = gif[9] = 0x30;  // a canvas of 12295 x 12293
  CHECK(contains_all(refusal(gif), {"cannot hold 12295 x 12293 pixels"}));
}

TEST_CASE("what is taken for a picture is named") {
  const auto refused = [](const std::string& bytes) {
    return refusal({bytes.begin(), bytes.end()});
  };
  CHECK(contains_all(refused(std::string("\0\0\0\x18"
                                         "ftypheic",
                                         12)),
                     {"is HEIC"}));
  CHECK(contains_all(refused("<!DOCTYPE html>"), {"is a web page"}));
  CHECK(contains_all(refused("version https://git-lfs.github.com/spec/v1"), {"Git LFS pointer"}));
  CHECK(contains_all(refused("words"), {"none of PNG, JPEG, WebP"}));
}

TEST_CASE("formats are told by content, whatever a file is called") {
  TempFolder folder;
  for (const char* name : {"orientation6.png", "rgb.bmp", "animated.gif", "animated.webp"}) {
    const std::vector<uint8_t> file = picture_file(name);
    write_bytes(folder / "x.jpg", std::string(file.begin(), file.end()));
    CHECK(same_image(read_image(folder / "x.jpg"), decode_image(file, name)));
  }
  CHECK(picture_ending(picture_file("rgb.bmp")) == ".bmp");
  CHECK(picture_ending(picture_file("cmyk.tif")) == ".tif");
  CHECK(picture_ending(picture_file("rgb.avif")) == ".avif");
  for (const char* name : {"a.JFIF", "a.jpe", "a.bmp", "a.tif", "a.tiff", "a.avif", "a.gif"})
    CHECK(has_picture_name(name));
}

TEST_CASE("pipes and devices are refused as pictures") {
  TempFolder folder;
  REQUIRE(mkfifo((folder / "pipe.png").c_str(), 0600) == 0);
  for (const std::string& path : {folder / "pipe.png", std::string("/dev/zero")}) {
    CHECK(contains_all(message_of<IoError>([&] { read_image(path); }), {path, "is no file"}));
  }
  const FormFiles files;
  REQUIRE(mkfifo((files / "a.png").c_str(), 0600) == 0);
  files.file("list.json", R"([{"image": "a.png", "caption": "one"}])").picture("b.png", 1);
  CHECK_FALSE(files.refusal("list.json").empty());
}

TEST_CASE("files of a folder that are left out for their ending are counted") {
  const FormFiles files;
  files.picture("pets/a.png", 1).file("pets/a.txt", "one").picture("pets/b.jpe", 2);
  files.file("pets/b.txt", "two").file("pets/c.heic", "x").file("pets/old/d.md", "x");
  Findings findings(true);
  const OpenedData opened = files.open("pets", {.findings = &findings});
  CHECK(opened.data->size() == 2);
  const Findings::Kind& kind = findings.kinds().at("files that are no pictures by their ending");
  CHECK(kind.count == 2);
  CHECK(kind.examples == std::vector<std::string>{"c.heic", "old/d.md"});
  CHECK(opened.left_out == "files that are no pictures by their ending (2)");
}

// list.json: a picture that is to be turned, 7 pixels wide as stored, and one without its end.
void write_awkward_list(const FormFiles& files) {
  const std::vector<uint8_t> turned = picture_file("orientation6.jpg");
  const std::vector<uint8_t> cut = picture_file("no_end.png");
  files.file("a.jpg", {turned.begin(), turned.end()}).file("b.png", {cut.begin(), cut.end()});
  files.file("list.json",
             R"([{"image": "a.jpg", "caption": "one"}, {"image": "b.png", "caption": "two"}])");
}

TEST_CASE("data sets read pictures as their options say") {
  const FormFiles files;
  write_awkward_list(files);
  const OpenedData plain = files.open("list.json");
  CHECK(plain.data->picture(0)->width == 7);
  CHECK(plain.data->picture(1)->width == 7);
  const OpenedData strict =
      files.open("list.json", {.pictures = {.upright = true, .strict = true}});
  CHECK(strict.data->picture(0)->width == 5);
  CHECK_THROWS_AS(strict.data->picture(1), DataError);
  std::string tar;
  for (const auto& [name, bytes] : {std::pair{"a.jpg", picture_file("orientation6.jpg")},
                                    {"b.png", picture_file("no_end.png")}})
    tar +=
        tar_member(name, {bytes.begin(), bytes.end()}) + tar_member(str(name[0], ".txt"), "words");
  files.file("a.tar", tar + tar_end());
  const OpenedData shards = files.open("a.tar", {.pictures = {.upright = true, .strict = true}});
  CHECK(shards.data->picture(0)->width == 5);
  CHECK_THROWS_AS(shards.data->picture(1), DataError);
}

TEST_CASE("keys of a configuration say how training reads pictures") {
  const FormFiles files;
  write_awkward_list(files);
  TrainConfig config;
  config.data.path = files / "list.json";
  const NamedData plain = open_training_set(config);
  CHECK(plain.data->picture(0)->width == 7);
  CHECK(plain.data->picture(1)->width == 7);
  config.data.exif = "apply";
  config.data.strict = true;
  const NamedData strict = open_training_set(config);
  CHECK(strict.data->picture(0)->width == 5);
  CHECK_THROWS_AS(strict.data->picture(1), DataError);
  config.data.exif = "upright";
  CHECK_THROWS_WITH(validate(config), Catch::Contains("data.exif is 'upright'"));
}

}  // namespace
}  // namespace medley::train
