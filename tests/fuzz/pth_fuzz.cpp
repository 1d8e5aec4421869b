// A .pth file of any bytes, zip or legacy: listing, then every tensor.
#include "core/error.h"
#include "models/weights/pth.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    medley::models::PthFile file(
        medley::models::ByteSource::memory(std::vector<char>(data, data + size), "fuzz.pth"));
    for (const auto& entry : file.tensors()) {
      try {
        file.read(entry.name);
      } catch (const medley::Error&) {
      }
    }
  } catch (const medley::Error&) {
  }
  return 0;
}
