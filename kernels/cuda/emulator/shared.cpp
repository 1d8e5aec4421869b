#include "kernels/cuda/emulator/shared.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/emulator/sanitizer.h"

#if defined(MEDLEY_EMULATOR_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace medley::kernels::cuda::emulator {
namespace {

constexpr size_t kGuard = 1024;
constexpr unsigned char kGuardByte = 0xa5, kPoison = 0xff;

}  // namespace

SharedMemory::~SharedMemory() { unmap(); }

void SharedMemory::unmap() {
  if (mapping_ == nullptr) return;
#if defined(MEDLEY_EMULATOR_ASAN)
  ASAN_UNPOISON_MEMORY_REGION(mapping_, mapping_bytes_);
#endif
  munmap(mapping_, mapping_bytes_);
  mapping_ = nullptr;
}

void SharedMemory::start(size_t bytes) {
#if defined(MEDLEY_EMULATOR_TSAN)
  unmap();  // a new mapping has no past: nothing races with the block before
#endif
  const size_t needed = 2 * kGuard + (bytes + kGuard - 1) / kGuard * kGuard;
  if (mapping_ == nullptr || mapping_bytes_ != needed) {
    unmap();
    void* const memory =
        mmap(nullptr, needed, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      throw MemoryError(
          str("no ", needed, " bytes for emulated shared memory: ", std::strerror(errno)));
    mapping_ = static_cast<unsigned char*>(memory);
    mapping_bytes_ = needed;
  }
  data_ = mapping_ + kGuard;
  size_ = bytes;
#if defined(MEDLEY_EMULATOR_ASAN)
  ASAN_UNPOISON_MEMORY_REGION(mapping_, mapping_bytes_);
#endif
  std::memset(mapping_, kGuardByte, mapping_bytes_);
  std::memset(data_, kPoison, size_);
#if defined(MEDLEY_EMULATOR_ASAN)
  ASAN_POISON_MEMORY_REGION(mapping_, kGuard);
  ASAN_POISON_MEMORY_REGION(data_ + size_, mapping_bytes_ - kGuard - size_);
#endif
}

bool SharedMemory::bounds_intact() const {
#if defined(MEDLEY_EMULATOR_ASAN)
  return true;  // AddressSanitizer sees the access itself
#else
  const auto intact = [](unsigned char byte) { return byte == kGuardByte; };
  return std::all_of(mapping_, data_, intact) &&
         std::all_of(data_ + size_, mapping_ + mapping_bytes_, intact);
#endif
}

}  // namespace medley::kernels::cuda::emulator
