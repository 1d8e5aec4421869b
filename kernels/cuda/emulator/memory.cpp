#include "kernels/cuda/emulator/memory.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "core/str.h"
#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/report.h"

namespace medley::kernels::cuda::emulator {
namespace {

int64_t offset_in_shared(const void* address) {
  return static_cast<int64_t>(reinterpret_cast<uintptr_t>(address) -
                              reinterpret_cast<uintptr_t>(running_block->shared.data()));
}

}  // namespace

unsigned char* shared_memory() {
  Unobserved scope;
  return running_block->shared.data();
}

bool is_shared(const void* address) {
  const int64_t offset = offset_in_shared(address);
  return offset >= 0 && offset < static_cast<int64_t>(running_block->shared.size());
}

unsigned shared_address(const void* address) {
  return static_cast<unsigned>(offset_in_shared(address));
}

void check_shared(const char* operation, const void* address, size_t bytes, size_t alignment,
                  Line line) {
  Unobserved scope;
  const int64_t offset = offset_in_shared(address);
  const auto size = static_cast<int64_t>(running_block->shared.size());
  if (offset < 0 || offset + static_cast<int64_t>(bytes) > size)
    fail(line, str(operation, ": address outside this block's shared memory: bytes ", offset,
                   " to ", offset + static_cast<int64_t>(bytes), " of ", size));
  if (offset % static_cast<int64_t>(alignment) != 0)
    fail(line, str(operation, ": misaligned shared address: byte ", offset,
                   " is not a multiple of ", alignment));
}

void check_aligned(const char* operation, const void* address, size_t alignment, Line line) {
  if (reinterpret_cast<uintptr_t>(address) % alignment == 0) return;
  Unobserved scope;
  fail(line,
       str(operation, ": misaligned address: ", address, " is not a multiple of ", alignment));
}

void count_ldmatrix(const void* const (&rows)[8]) {
  int rows_in_group[8] = {};
  for (const void* row : rows) ++rows_in_group[shared_address(row) / 16 % 8];
  const int passes = *std::max_element(std::begin(rows_in_group), std::end(rows_in_group));
  ++running_block->counters.ldmatrix;
  running_block->counters.ldmatrix_conflicts += passes - 1;
}

void memory_fence() {
  static char fence;
  acquire(&fence);
  release(&fence);
}

}  // namespace medley::kernels::cuda::emulator
