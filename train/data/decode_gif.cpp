// GIF by giflib, which reads blocks and unpacks lines; putting frames over each other is done here
// (GIF89a, section 23). As in Pillow, what the first frame marks as transparent has its palette's
// colour.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>

#include "train/data/decode_formats.h"

namespace medley::train {
namespace {

constexpr uint8_t kInterlaceStart[] = {0, 4, 2, 1}, kInterlaceStep[] = {8, 8, 4, 2};

class Gif {
 public:
  Gif(std::span<const uint8_t> bytes, const std::string& source) : bytes_(bytes), source_(source) {
    int error = 0;
    file_ = DGifOpen(this, read, &error);
    if (!file_) throw damaged(error);
  }
  ~Gif() { DGifCloseFile(file_, nullptr); }
  Gif(const Gif&) = delete;
  Gif& operator=(const Gif&) = delete;

  GifFileType& file() { return *file_; }

  // Goes to the next frame, past its description and extensions. False at the end of the file.
  bool next_frame() {
    control_ = {DISPOSAL_UNSPECIFIED, false, 0, NO_TRANSPARENT_COLOR};
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    while (true) {
      check(DGifGetRecordType(file_, &record));
      if (record == TERMINATE_RECORD_TYPE) return false;
      if (record == EXTENSION_RECORD_TYPE) read_extension();
      if (record == IMAGE_DESC_RECORD_TYPE) {
        check(DGifGetImageDesc(file_));
        return true;
      }
    }
  }

  void skip_pixels() {
    int size = 0;
    GifByteType* block = nullptr;
    check(DGifGetCode(file_, &size, &block));
    while (block) check(DGifGetCodeNext(file_, &block));
  }

  void read_line(std::vector<uint8_t>& indices) {
    check(DGifGetLine(file_, indices.data(), static_cast<int>(indices.size())));
  }

  const GraphicsControlBlock& control() const { return control_; }
  DataError damaged(int error) const {
    const char* reason = GifErrorString(error);
    return DataError(str("[image] ", source_, " is a damaged GIF: ", reason ? reason : "no reason",
                         " (byte ", at_, " of ", bytes_.size(), ")"));
  }
  DataError wrong(const std::string& problem) const {
    return DataError(str("[image] ", source_, " is a damaged GIF: ", problem));
  }

 private:
  static int read(GifFileType* file, GifByteType* to, int bytes) {
    auto& self = *static_cast<Gif*>(file->UserData);
    const size_t count = std::min(static_cast<size_t>(bytes), self.bytes_.size() - self.at_);
    std::memcpy(to, self.bytes_.data() + self.at_, count);
    self.at_ += count;
    return static_cast<int>(count);
  }
  void check(int result) {
    if (result == GIF_ERROR) throw damaged(file_->Error);
  }
  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;
    check(DGifGetExtension(file_, &code, &block));
    if (code == GRAPHICS_EXT_FUNC_CODE && block &&
        DGifExtensionToGCB(block[0], block + 1, &control_) == GIF_ERROR)
      throw wrong("an extension has the wrong size");
    while (block) check(DGifGetExtensionNext(file_, &block));
  }

  std::span<const uint8_t> bytes_;
  const std::string& source_;
  size_t at_ = 0;
  GifFileType* file_ = nullptr;
  GraphicsControlBlock control_{};
};

void put(Image& canvas, int64_t x, int64_t y, const GifColorType& colour) {
  uint8_t* pixel = canvas.rgb.data() + 3 * (y * canvas.width + x);
  pixel[0] = colour.Red, pixel[1] = colour.Green, pixel[2] = colour.Blue;
}

void fill(Image& canvas, const GifImageDesc& place, const GifColorType& colour) {
  for (int64_t y = place.Top; y < place.Top + place.Height; ++y)
    for (int64_t x = place.Left; x < place.Left + place.Width; ++x) put(canvas, x, y, colour);
}

GifColorType background_of(Gif& gif) {
  const GifFileType& file = gif.file();
  if (!file.SColorMap || file.SBackGroundColor >= file.SColorMap->ColorCount) return {0, 0, 0};
  return file.SColorMap->Colors[file.SBackGroundColor];
}

Image blank_canvas(Gif& gif) {
  const GifFileType& file = gif.file();
  Image canvas{file.SWidth, file.SHeight, {}};
  canvas.rgb.resize(static_cast<size_t>(canvas.width * canvas.height * 3));
  fill(canvas, {0, 0, file.SWidth, file.SHeight, false, nullptr}, background_of(gif));
  return canvas;
}

// Draws the frame that the file stands at.
void draw(Gif& gif, Image& canvas, bool first) {
  const GifImageDesc& place = gif.file().Image;
  if (place.Left + place.Width > canvas.width || place.Top + place.Height > canvas.height)
    throw gif.wrong(str("a frame of ", place.Width, " x ", place.Height, " at (", place.Left, ", ",
                        place.Top, ") goes beyond ", canvas.width, " x ", canvas.height));
  const ColorMapObject* colours = place.ColorMap ? place.ColorMap : gif.file().SColorMap;
  if (!colours) throw gif.wrong("a frame has no palette");
  const int clear = first ? NO_TRANSPARENT_COLOR : gif.control().TransparentColor;
  std::vector<uint8_t> indices(static_cast<size_t>(place.Width));
  for (int pass = place.Interlace ? 0 : 3; pass < 4; ++pass) {
    const int start = place.Interlace ? kInterlaceStart[pass] : 0;
    const int step = place.Interlace ? kInterlaceStep[pass] : 1;
    for (int y = start; y < place.Height; y += step) {
      gif.read_line(indices);
      for (int x = 0; x < place.Width; ++x) {
        const int index = indices[static_cast<size_t>(x)];
        if (index == clear) continue;
        if (index >= colours->ColorCount)
          throw gif.wrong(str("colour ", index, " of a palette of ", colours->ColorCount));
        put(canvas, place.Left + x, place.Top + y, colours->Colors[index]);
      }
    }
  }
}

}  // namespace

int64_t count_gif_frames(std::span<const uint8_t> bytes, const std::string& source) {
  Gif gif(bytes, source);
  int64_t frames = 0;
  for (; gif.next_frame(); ++frames) gif.skip_pixels();
  if (frames == 0) throw gif.wrong("it has no frame");
  return frames;
}

Decoded decode_gif(std::span<const uint8_t> bytes, const std::string& source,
                   const PictureOptions&) {
  Gif gif(bytes, source);
  check_claim(static_cast<uint64_t>(gif.file().SWidth), static_cast<uint64_t>(gif.file().SHeight),
              bytes, source);
  Decoded decoded;
  decoded.image = blank_canvas(gif);
  if (!gif.next_frame()) throw gif.wrong("it has no frame");
  draw(gif, decoded.image, true);
  try {
    if (gif.next_frame()) decoded.image.notes.push_back(notes::kFirstFrame);
  } catch (const DataError&) {
    decoded.image.notes.push_back(notes::kCutEnd);
  }
  return decoded;
}

std::vector<Image> decode_gif_frames(std::span<const uint8_t> bytes, const std::string& source) {
  Gif gif(bytes, source);
  const GifFileType& file = gif.file();
  check_animation_size(static_cast<uint64_t>(file.SWidth), static_cast<uint64_t>(file.SHeight),
                       count_gif_frames(bytes, source), source);
  Image canvas = blank_canvas(gif);
  std::vector<Image> frames;
  while (gif.next_frame()) {
    const Image before = canvas;
    draw(gif, canvas, frames.empty());
    frames.push_back(canvas);
    const GifImageDesc& place = file.Image;
    if (gif.control().DisposalMode == DISPOSE_BACKGROUND) fill(canvas, place, background_of(gif));
    if (gif.control().DisposalMode == DISPOSE_PREVIOUS) canvas = before;
  }
  return frames;
}

}  // namespace medley::train
