#include "kernels/cuda/emulator/tma.h"

#include <cstring>

#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/mbarrier.h"
#include "kernels/cuda/emulator/memory.h"
#include "kernels/cuda/emulator/report.h"

namespace medley::kernels::cuda::emulator {
namespace {

void land(unsigned char* memory, unsigned to, const TensorMap& map, int64_t column, int64_t row) {
  for (int r = 0; r < map.box_rows; ++r) {
    for (int c = 0; c < map.box_columns; ++c) {
      const int64_t i = row + r, j = column + c;
      uint16_t element = 0;
      if (i >= 0 && i < map.rows && j >= 0 && j < map.columns)
        std::memcpy(&element, static_cast<const char*>(map.base) + i * map.row_bytes + j * 2, 2);
      const unsigned address = to + static_cast<unsigned>(r * 128 + c * 2);
      std::memcpy(memory + swizzle_128(address), &element, 2);
    }
  }
}

}  // namespace

void tma_load(void* shared, const TensorMap& map, int column, int row, void* mbarrier, Line line) {
  const auto bytes = static_cast<unsigned>(map.box_rows * map.box_columns * 2);
  check_shared("tma_load", shared, static_cast<size_t>(map.box_rows) * 128, 1024, line);
  observe_write(shared, bytes);  // from here on, and before the phase of the mbarrier ends
  mbarrier_join("tma_load", mbarrier, line);
  Unobserved scope;
  Block& block = *running_block;
  ++block.counters.tma;
  block.counters.tma_bytes += bytes;
  block.start_transfer([=, &block, to = shared_address(shared), at = shared_address(mbarrier)] {
    land(block.shared.data(), to, map, column, row);
    mbarrier_complete(at, bytes, line);
  });
}

}  // namespace medley::kernels::cuda::emulator
