// Any text as the config.json of a Hugging Face folder.
#include "core/error.h"
#include "models/weights/hf_config.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const medley::fuzz::MemoryFile file({data, size});
  try {
    medley::models::validate(medley::models::read_hf_config(file.path()).model);
  } catch (const medley::Error&) {
  }
  return 0;
}
