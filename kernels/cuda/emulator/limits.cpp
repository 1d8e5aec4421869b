#include "kernels/cuda/emulator/limits.h"

#include <cstdint>

#include "core/str.h"

namespace medley::kernels::cuda::emulator {

std::string refusal(const Architecture& architecture, dim3 grid, dim3 block, size_t shared_bytes) {
  struct Rule {
    const char* what;
    uint64_t value;
    uint64_t most;
  };
  const Rule rules[] = {
      {"threads in a block", uint64_t{block.x} * block.y * block.z, architecture.threads_per_block},
      {"block.x", block.x, architecture.block_x},
      {"block.y", block.y, architecture.block_y},
      {"block.z", block.z, architecture.block_z},
      {"grid.x", grid.x, architecture.grid_x},
      {"grid.y", grid.y, architecture.grid_y},
      {"grid.z", grid.z, architecture.grid_z},
      {"bytes of shared memory", shared_bytes, architecture.shared_bytes},
  };
  for (const Rule& rule : rules)
    if (rule.value > rule.most)
      return str(rule.what, ": ", rule.value, ", and ", architecture.name, " allows ", rule.most);
  if (block.x == 0 || block.y == 0 || block.z == 0) return "a block without threads";
  return {};
}

}  // namespace medley::kernels::cuda::emulator
