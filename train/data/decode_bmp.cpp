// BMP, read here: none of the libraries in use knows it, and it is a header, perhaps a palette, and
// lines of whole 4 bytes, most often from the bottom up. As Pillow, unused bits are no alpha.
#include <algorithm>
#include <array>
#include <bit>

#include "train/data/decode_formats.h"

namespace medley::train {
namespace {

enum Compression : uint64_t { kRaw = 0, kRuns8 = 1, kRuns4 = 2, kBitfields = 3 };
constexpr size_t kFileHeader = 14, kOldHeader = 12, kInfoHeader = 40, kLargestHeader = 124;

class Bmp {
 public:
  Bmp(std::span<const uint8_t> bytes, const std::string& source) : bytes_(bytes), source_(source) {
    const size_t header = number(kFileHeader, 4);
    const bool old = header == kOldHeader;  // OS/2's
    if (!old && (header < kInfoHeader || header > kLargestHeader))
      throw wrong(str("a header of ", header, " bytes"));
    width_ = number(18, old ? 2 : 4);
    height_ = number(old ? 20 : 22, old ? 2 : 4);
    from_top_ = !old && height_ >> 31;
    if (from_top_) height_ = (uint64_t{1} << 32) - height_;
    check_claim(width_, height_, bytes, source);
    bits_ = number(old ? 24 : 28, 2);
    compression_ = old ? uint64_t{kRaw} : number(30, 4);
    if (!readable())
      throw wrong(str("compression ", compression_, " of pixels of ", bits_, " bits"));
    size_t end = kFileHeader + header;  // of all that comes before the pixels
    if (compression_ == kBitfields) end = read_masks(end, header == kInfoHeader);
    const size_t palette = end;
    if (bits_ <= 8) end = read_palette(palette, old ? 3 : 4, old ? 0 : number(46, 4));
    pixels_ = number(10, 4);
    if (pixels_ <= palette) pixels_ = end;  // some writers leave the palette out of it, or give 0
  }

  Image read() const {
    Image image{static_cast<int64_t>(width_), static_cast<int64_t>(height_), {}};
    image.rgb.resize(3 * width_ * height_);
    const bool runs = compression_ == kRuns8 || compression_ == kRuns4;
    const std::vector<uint8_t> unpacked = runs ? unpack_runs() : std::vector<uint8_t>();
    const size_t line_bytes = (width_ * bits_ + 31) / 32 * 4;
    const size_t used = (width_ * bits_ + 7) / 8;  // the last line need not be filled up
    for (size_t line = 0; line < height_; ++line) {
      uint8_t* to = image.rgb.data() + 3 * width_ * (from_top_ ? line : height_ - 1 - line);
      const auto packed = runs ? bytes_.first(0) : part(pixels_ + line * line_bytes, used);
      for (size_t x = 0; x < width_; ++x)
        to = std::ranges::copy(
                 runs ? of_palette(unpacked[line * width_ + x]) : colour_at(packed, x), to)
                 .out;
    }
    return image;
  }

 private:
  using Colour = std::array<uint8_t, 3>;

  DataError wrong(const std::string& what) const {
    return DataError(str("[image] ", source_, " is a BMP with ", what, ", which is not read"),
                     "save it as PNG");
  }
  std::span<const uint8_t> part(size_t at, size_t count) const {
    if (at > bytes_.size() || bytes_.size() - at < count)
      throw DataError(str("[image] ", source_, " is a truncated BMP: it needs ", at + count,
                          " bytes and has ", bytes_.size()));
    return bytes_.subspan(at, count);
  }
  static uint32_t little_endian(std::span<const uint8_t> bytes) {
    uint32_t value = 0;
    for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
    return value;
  }
  uint64_t number(size_t at, size_t width) const { return little_endian(part(at, width)); }

  bool readable() const {
    switch (compression_) {
      case kRaw:
        return bits_ == 1 || bits_ == 4 || bits_ == 8 || bits_ == 16 || bits_ == 24 || bits_ == 32;
      case kRuns8:
        return bits_ == 8;
      case kRuns4:
        return bits_ == 4;
      case kBitfields:
        return bits_ == 16 || bits_ == 24 || bits_ == 32;
      default:
        return false;
    }
  }

  // Returns where they end. The smallest header has them after it, the others have them inside.
  size_t read_masks(size_t end, bool behind) {
    const size_t at = kFileHeader + kInfoHeader;
    for (size_t c = 0; c < 3; ++c) {
      masks_[c] = static_cast<uint32_t>(number(at + 4 * c, 4));
      const uint32_t ones = masks_[c] >> std::countr_zero(masks_[c] | 1u << 31);
      if (masks_[c] == 0 || (ones & (ones + 1)) != 0) throw wrong("masks of another form");
    }
    return behind ? end + 12 : end;
  }

  size_t read_palette(size_t at, size_t entry, size_t count) {
    if (count == 0) count = size_t{1} << bits_;
    for (size_t i = 0; i < std::min<size_t>(count, 256); ++i) {
      const auto blue_green_red = part(at + i * entry, 3);
      palette_.push_back({blue_green_red[2], blue_green_red[1], blue_green_red[0]});
    }
    return at + count * entry;
  }

  Colour of_palette(size_t index) const {
    return index < palette_.size() ? palette_[index] : Colour{};
  }

  Colour colour_at(std::span<const uint8_t> line, size_t x) const {
    if (bits_ <= 8) {
      const size_t bit = x * bits_;
      return of_palette(line[bit / 8] >> (8 - bits_ - bit % 8) & ((1u << bits_) - 1));
    }
    constexpr std::array<uint32_t, 3> kOf16{0x7C00, 0x3E0, 0x1F}, kOthers{0xFF0000, 0xFF00, 0xFF};
    const auto& masks = compression_ == kBitfields ? masks_ : bits_ == 16 ? kOf16 : kOthers;
    const uint32_t value = little_endian(line.subspan(x * bits_ / 8, bits_ / 8));
    Colour colour;
    for (size_t c = 0; c < 3; ++c) {
      const int shift = std::countr_zero(masks[c]);
      const uint64_t level = (value & masks[c]) >> shift, most = masks[c] >> shift;
      colour[c] = static_cast<uint8_t>(level * 255 / most);
    }
    return colour;
  }

  // Indices [height, width] of lines as the file has them. What is jumped over is 0, as in Pillow.
  std::vector<uint8_t> unpack_runs() const {
    const size_t total = width_ * height_;
    std::vector<uint8_t> out;
    size_t at = pixels_, x = 0;
    const auto next = [&] { return part(at++, 1)[0]; };
    const auto nibble = [&](uint8_t byte, size_t i) -> uint8_t {
      return compression_ == kRuns8 ? byte : i % 2 ? byte & 15 : byte >> 4;
    };
    const auto skip = [&](size_t count) { out.resize(std::min(total, out.size() + count)); };
    while (out.size() < total) {
      const uint8_t count = next(), value = next();
      if (count > 0) {
        const size_t fits = x < width_ ? std::min<size_t>(count, width_ - x) : 0;
        for (size_t i = 0; i < fits; ++i) out.push_back(nibble(value, i));
        x += fits;
      } else if (value == 0) {  // end of the line
        skip((width_ - out.size() % width_) % width_);
        x = 0;
      } else if (value == 1) {
        throw DataError(str("[image] ", source_, " is a BMP whose runs end early"));
      } else if (value == 2) {  // right and up
        const size_t right = next(), up = next();
        skip(right + up * width_);
        x = out.size() % width_;
      } else {  // so many as they are, filled up to whole words
        uint8_t byte = 0;
        for (size_t i = 0; i < value; ++i) {
          if (compression_ == kRuns8 || i % 2 == 0) byte = next();
          out.push_back(nibble(byte, i));
        }
        x += value;
        at += at % 2;
      }
    }
    out.resize(total);
    return out;
  }

  std::span<const uint8_t> bytes_;
  const std::string& source_;
  uint64_t width_ = 0, height_ = 0, bits_ = 0, compression_ = kRaw;
  bool from_top_ = false;
  std::array<uint32_t, 3> masks_{};
  std::vector<Colour> palette_;
  size_t pixels_ = 0;  // where they begin
};

}  // namespace

Decoded decode_bmp(std::span<const uint8_t> bytes, const std::string& source,
                   const PictureOptions&) {
  return {Bmp(bytes, source).read()};
}

}  // namespace medley::train
