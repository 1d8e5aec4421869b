// Bytes to planes of floats.
#include "train/data/picture.h"

#include "train/data/resize.h"

namespace medley::train {

void to_planes(const Image& image, float* out) {
  const int64_t pixels = image.width * image.height;
  const uint8_t* rgb = image.rgb.data();
  for (int64_t i = 0; i < pixels; ++i)
    for (int64_t c = 0; c < 3; ++c)
      out[c * pixels + i] = static_cast<float>(rgb[3 * i + c]) / 255.0f;
}

void normalise_planes(float* planes, int64_t pixels) {
  for (size_t c = 0; c < 3; ++c) {
    float* plane = planes + static_cast<int64_t>(c) * pixels;
    for (int64_t i = 0; i < pixels; ++i) plane[i] = (plane[i] - kPictureMean[c]) / kPictureStd[c];
  }
}

void prepare_picture(const Image& image, int64_t side, float* out) {
  if (image.width == side && image.height == side)
    to_planes(image, out);
  else
    to_planes(resize_bicubic(image, side, side), out);
  normalise_planes(out, side * side);
}

}  // namespace medley::train
