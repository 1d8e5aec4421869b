// Every form of PNG: libpng writes numbered samples, and each pixel is what Pillow's convert("RGB")
// makes of them.
#include <png.h>

#include "core/philox.h"
#include "tests/train/picture_support.h"

namespace medley::train {
namespace {

constexpr uint32_t kWidth = 13, kHeight = 9;

struct Form {
  int color, bits, channels;
};

constexpr Form kForms[] = {{PNG_COLOR_TYPE_GRAY, 1, 1},        {PNG_COLOR_TYPE_GRAY, 2, 1},
                           {PNG_COLOR_TYPE_GRAY, 4, 1},        {PNG_COLOR_TYPE_GRAY, 8, 1},
                           {PNG_COLOR_TYPE_GRAY, 16, 1},       {PNG_COLOR_TYPE_GRAY_ALPHA, 8, 2},
                           {PNG_COLOR_TYPE_GRAY_ALPHA, 16, 2}, {PNG_COLOR_TYPE_PALETTE, 1, 1},
                           {PNG_COLOR_TYPE_PALETTE, 2, 1},     {PNG_COLOR_TYPE_PALETTE, 4, 1},
                           {PNG_COLOR_TYPE_PALETTE, 8, 1},     {PNG_COLOR_TYPE_RGB, 8, 3},
                           {PNG_COLOR_TYPE_RGB, 16, 3},        {PNG_COLOR_TYPE_RGB_ALPHA, 8, 4},
                           {PNG_COLOR_TYPE_RGB_ALPHA, 16, 4}};

png_color palette_color(uint32_t index) {
  return {static_cast<png_byte>(7 * index), static_cast<png_byte>(255 - index),
          static_cast<png_byte>(31 * index)};
}

// samples [height, width, channels]
std::vector<uint8_t> write_png(const Form& form, const std::vector<uint32_t>& samples,
                               bool interlaced, bool transparent) {
  std::vector<uint8_t> file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &file,
      [](png_structp writer, png_bytep bytes, size_t count) {
        auto* to = static_cast<std::vector<uint8_t>*>(png_get_io_ptr(writer));
        to->insert(to->end(), bytes, bytes + count);
      },
      nullptr);
  png_set_IHDR(png, info, kWidth, kHeight, form.bits, form.color,
               interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_gAMA(png, info, 1.0);  // Pillow leaves it alone
  if (form.color == PNG_COLOR_TYPE_PALETTE) {
    std::vector<png_color> palette;
    for (uint32_t i = 0; i < 1u << form.bits; ++i) palette.push_back(palette_color(i));
    png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  }
  if (transparent) {
    const png_byte alpha[] = {0, 100};
    const png_color_16 color{0, 1, 1, 1, 1};
    png_set_tRNS(png, info, alpha, 2, form.color == PNG_COLOR_TYPE_PALETTE ? nullptr : &color);
  }
  png_write_info(png, info);
  if (form.bits < 8) png_set_packing(png);
  const size_t row_samples = size_t{kWidth} * static_cast<size_t>(form.channels);
  const size_t bytes = form.bits == 16 ? 2 : 1;
  std::vector<uint8_t> raw;
  for (const uint32_t sample : samples) {
    if (bytes == 2) raw.push_back(static_cast<uint8_t>(sample >> 8));
    raw.push_back(static_cast<uint8_t>(sample));
  }
  std::vector<png_bytep> rows(kHeight);
  for (size_t y = 0; y < kHeight; ++y) rows[y] = raw.data() + y * row_samples * bytes;
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

std::array<uint8_t, 3> pillow_rgb(const Form& form, const uint32_t* sample) {
  if (form.color == PNG_COLOR_TYPE_PALETTE) {
    const png_color color = palette_color(sample[0]);
    return {color.red, color.green, color.blue};
  }
  auto level = [&](uint32_t value) {
    if (form.bits < 16) return static_cast<uint8_t>(value * 255 / ((1u << form.bits) - 1));
    const bool clips = form.color == PNG_COLOR_TYPE_GRAY;
    return static_cast<uint8_t>(clips ? std::min(value, 255u) : value >> 8);
  };
  if (form.channels < 3) return {level(sample[0]), level(sample[0]), level(sample[0])};
  return {level(sample[0]), level(sample[1]), level(sample[2])};
}

TEST_CASE("PNG of every colour type, depth, interlacing and transparency") {
  Random random(3, Purpose::test);
  for (const Form& form : kForms) {
    std::vector<uint32_t> samples(size_t{kWidth} * kHeight * static_cast<size_t>(form.channels));
    for (uint32_t& sample : samples) sample = random.below(1u << form.bits);
    samples[0] = form.bits == 16 ? 200 : 1;  // one that 16-bit grey does not clip
    std::vector<uint8_t> expected;
    for (size_t i = 0; i < samples.size(); i += static_cast<size_t>(form.channels))
      for (const uint8_t value : pillow_rgb(form, &samples[i])) expected.push_back(value);
    for (const bool interlaced : {false, true})
      for (const bool transparent : {false, true}) {
        if (transparent && (form.color & PNG_COLOR_MASK_ALPHA)) continue;  // the format forbids it
        CAPTURE(form.color, form.bits, interlaced, transparent);
        const Image image =
            decode_image(write_png(form, samples, interlaced, transparent), "written");
        CHECK(same_image(image, {kWidth, kHeight, expected}));
      }
  }
}

TEST_CASE("texts and profiles in a PNG are not unpacked") {
  const std::vector<uint8_t> plain = golden_file("rgb.png");
  std::vector<uint8_t> png = plain;
  for (const char* name : {"zTXt", "iCCP", "iTXt"}) {
    const std::vector<uint8_t> chunk = png_chunk(name, std::string("word\0\0 no zlib stream", 22));
    png.insert(png.begin() + 33, chunk.begin(), chunk.end());
  }
  CHECK(same_image(decode_image(png, "with"), decode_image(plain, "without")));
}

}  // namespace
}  // namespace medley::train
