// PNG and JPEG against Pillow's bytes, and against damage.
#include "core/philox.h"
#include "tests/train/picture_support.h"

namespace medley::train {
namespace {

TEST_CASE("pictures decode to Pillow's RGB bytes") {
  for (const Json& item : data_goldens().at("decode").items()) {
    CAPTURE(item.at("name").text());
    const Image image = decode_image(from_hex(item.at("file").text()), "golden");
    CHECK(same_image(image, golden_image(item.at("to"))));
  }
}

TEST_CASE("a picture that is cut anywhere is refused by name, unless it has all its pixels") {
  for (const char* name : {"rgb.png", "palette.png", "420.jpg", "progressive.jpg", "cmyk.jpg",
                           "lossy.webp", "lossy_alpha.webp"}) {
    const std::vector<uint8_t> whole = golden_file(name);
    for (size_t cut = 0; cut < whole.size(); ++cut) {
      CAPTURE(name, cut, whole.size());
      const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<long>(cut));
      // Of a PNG the checksums of the pixels and the end, as in Pillow.
      constexpr size_t kRest = 4 + 4 + 12;
      if (std::string(name).ends_with(".png") && cut + kRest >= whole.size()) {
        const Image image = decode_image(part, "part");
        CHECK(same_image(image, decode_image(whole, "whole")));
        CHECK(image.notes == std::vector<std::string_view>{notes::kCutEnd});
      } else {
        CHECK(refusal(part).find("folder/x") != std::string::npos);
      }
    }
  }
}

TEST_CASE("flipped bits in a picture give a picture or a DataError") {
  Random random(1, Purpose::test);
  int refused = 0;
  for (const char* name : {"rgb.png", "palette.png", "420.jpg", "progressive.jpg", "cmyk.jpg",
                           "lossy.webp", "lossy_alpha.webp"}) {
    const std::vector<uint8_t> whole = golden_file(name);
    for (int i = 0; i < 400; ++i) {
      std::vector<uint8_t> bytes = whole;
      for (uint32_t flips = 1 + random.below(3); flips > 0; --flips)
        bytes[random.below(static_cast<uint32_t>(bytes.size()))] ^=
            static_cast<uint8_t>(1u << random.below(8));
      refused += !refusal(bytes).empty();
    }
  }
  CHECK(refused > 1000);
}

TEST_CASE("what is no picture is refused") {
  CHECK(refusal({}).find("is empty") != std::string::npos);
  CHECK_FALSE(refusal({'B', 'M', '8', '9', 'a'}).empty());
  CHECK_FALSE(refusal({'G', 'I', 'F', '8', '9', 'a'}).empty());
  CHECK_FALSE(refusal({0x89, 'P', 'N', 'G'}).empty());
  CHECK_FALSE(refusal({0xFF, 0xD8, 0xFF}).empty());
  std::vector<uint8_t> noise(4000, 0xA5);
  for (const char* name : {"rgb.png", "420.jpg"}) {
    std::vector<uint8_t> bytes = golden_file(name);
    bytes.resize(30);
    bytes.insert(bytes.end(), noise.begin(), noise.end());
    CHECK_FALSE(refusal(bytes).empty());
  }
}

TEST_CASE("a header that claims 60000 x 60000 pixels is refused before memory is taken") {
  std::vector<uint8_t> png = golden_file("rgb.png");
  put_big_endian(png, 16, 60000, 4);
  put_big_endian(png, 20, 60000, 4);
  put_big_endian(png, 29, png_crc(png.data() + 12, 17), 4);
  CHECK(refusal(png).find("60000 x 60000") != std::string::npos);

  std::vector<uint8_t> jpeg = golden_file("420.jpg");
  const uint8_t frame[] = {0xFF, 0xC0};
  const auto at = static_cast<size_t>(
      std::search(jpeg.begin(), jpeg.end(), std::begin(frame), std::end(frame)) - jpeg.begin());
  REQUIRE(at + 9 < jpeg.size());
  put_big_endian(jpeg, at + 5, 60000, 2);
  put_big_endian(jpeg, at + 7, 60000, 2);
  CHECK(refusal(jpeg).find("60000 x 60000") != std::string::npos);

  put_big_endian(jpeg, at + 5, 8000, 2);
  put_big_endian(jpeg, at + 7, 8000, 2);
  CHECK(refusal(jpeg).find("bytes cannot hold 8000 x 8000 pixels") != std::string::npos);

  std::vector<uint8_t> webp = golden_file("lossless.webp");  // sides less one in 14 bits each
  const uint8_t largest[] = {0xFF, 0xFF, 0xFF, 0x0F};
  std::copy(std::begin(largest), std::end(largest), webp.begin() + 21);
  CHECK(refusal(webp).find("16384 x 16384") != std::string::npos);

  CHECK_THROWS_AS(check_picture_size(0, 5, "x"), DataError);
  CHECK_THROWS_AS(check_picture_size(uint64_t{1} << 33, uint64_t{1} << 33, "x"), DataError);
  CHECK_NOTHROW(check_picture_size(12000, 9000, "x"));
  CHECK_NOTHROW(check_picture_size(178'956'970, 1, "x"));
  CHECK_THROWS_AS(check_picture_size(178'956'971, 1, "x"), DataError);
}

TEST_CASE("an animation of which only the header is there is refused") {
  // The extended format of WebP with its animation flag.
  std::vector<uint8_t> bytes = {'R',  'I', 'F', 'F', 22,  0,   0,  0, 'W', 'E',
                                'B',  'P', 'V', 'P', '8', 'X', 10, 0, 0,   0,
                                0x02, 0,   0,   0,   5,   0,   0,  5, 0,   0};
  CHECK(refusal(bytes).find("truncated WebP") != std::string::npos);
}

TEST_CASE("reading a picture file") {
  TempFolder folder;
  const std::vector<uint8_t> bytes = golden_file("rgb.png");
  write_bytes(folder / "a.png", std::string(bytes.begin(), bytes.end()));
  CHECK(read_image(folder / "a.png").width == 6);
  CHECK_THROWS_AS(read_image(folder / "b.png"), IoError);
}

}  // namespace
}  // namespace medley::train
