// Any bytes as a tar: its index, every member, and the beginning of each.
#include "core/error.h"
#include "tests/fuzz/memory_file.h"
#include "train/data/tar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const medley::fuzz::MemoryFile file({data, size});
  try {
    const medley::train::TarFile tar(file.path());
    for (const medley::train::TarMember& member : tar.members()) {
      tar.read(member, 16);
      tar.read(member);
    }
    tar.checksum();
  } catch (const medley::Error&) {
  }
  return 0;
}
