// EXIF's orientation, which is a field of a TIFF directory, and what it asks for.
#include "train/data/decode_formats.h"

namespace medley::train {
namespace {

constexpr uint64_t kOrientation = 0x0112;
constexpr uint64_t kShort = 3, kLong = 4;  // types of a field

// Numbers of one byte order; those beyond the end are 0.
struct Directory {
  std::span<const uint8_t> bytes;
  bool little;

  uint64_t number(uint64_t at, uint64_t width) const {
    if (at + width > bytes.size()) return 0;
    uint64_t value = 0;
    for (uint64_t i = 0; i < width; ++i)
      value = value << 8 | bytes[at + (little ? width - 1 - i : i)];
    return value;
  }
};

}  // namespace

int exif_orientation(std::span<const uint8_t> exif) {
  constexpr std::string_view kName("Exif\0\0", 6);
  const std::string_view text(reinterpret_cast<const char*>(exif.data()), exif.size());
  if (text.starts_with(kName)) exif = exif.subspan(kName.size());
  if (exif.size() < 8 || exif[0] != exif[1] || (exif[0] != 'I' && exif[0] != 'M')) return 1;
  const Directory fields{exif, exif[0] == 'I'};
  const uint64_t start = fields.number(4, 4);
  const uint64_t count = fields.number(start, 2);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t field = start + 2 + 12 * i;  // tag, type, count of values, the value
    if (fields.number(field, 2) != kOrientation) continue;
    const uint64_t type = fields.number(field + 2, 2);
    const uint64_t value = type == kShort  ? fields.number(field + 8, 2)
                           : type == kLong ? fields.number(field + 8, 4)
                                           : 1;
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image turned(const Image& image, int orientation) {
  // Where the first pixel comes from, and the steps in the stored picture to the next one in a row
  // and in a column.
  const int64_t width = image.width, height = image.height;
  const bool on_side = orientation >= 5;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const int64_t first = (from_right ? width - 1 : 0) + (from_below ? (height - 1) * width : 0);
  const int64_t across = from_right ? -1 : 1, down = from_below ? -width : width;
  const int64_t step_x = on_side ? down : across, step_y = on_side ? across : down;
  Image out{on_side ? height : width, on_side ? width : height, {}, image.notes};
  out.rgb.reserve(image.rgb.size());
  for (int64_t y = 0; y < out.height; ++y)
    for (int64_t x = 0; x < out.width; ++x) {
      const auto pixel = image.rgb.begin() + 3 * (first + x * step_x + y * step_y);
      out.rgb.insert(out.rgb.end(), pixel, pixel + 3);
    }
  return out;
}

}  // namespace medley::train
