// Any bytes as a picture or an animation, of every format that the build reads.
#include <cstdlib>

#include "core/error.h"
#include "train/data/decode.h"

namespace {

void check(const medley::train::Image& image) {
  if (image.rgb.size() != static_cast<size_t>(3 * image.width * image.height)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    check(medley::train::decode_image({data, size}, "fuzz", {.upright = true}));
    if (medley::train::count_frames({data, size}, "fuzz") > 1)
      for (const auto& frame : medley::train::decode_frames({data, size}, "fuzz")) check(frame);
  } catch (const medley::Error&) {
  }
  return 0;
}
