// A safetensors file of any bytes: header, then every tensor.
#include "core/error.h"
#include "models/weights/safetensors.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const medley::fuzz::MemoryFile file({data, size});
  for (const bool strict : {false, true}) {
    try {
      medley::models::SafetensorsFile tensors(file.path(), strict);
      std::vector<char> bytes;
      for (const auto& entry : tensors.header().tensors) {
        bytes.resize(entry.end - entry.begin);
        tensors.read_bytes(entry, bytes);
        tensors.read(entry.name);
      }
    } catch (const medley::Error&) {
    }
  }
  return 0;
}
