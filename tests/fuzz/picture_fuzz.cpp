// Any bytes as a picture: PNG, JPEG, WebP.
#include <cstdlib>

#include "core/error.h"
#include "train/data/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const medley::train::Image image = medley::train::decode_image({data, size}, "fuzz");
    if (image.rgb.size() != static_cast<size_t>(3 * image.width * image.height)) std::abort();
  } catch (const medley::Error&) {
  }
  return 0;
}
