// What an architecture lets a launch ask for. From the CUDA C++ Programming Guide, "Compute
// Capabilities", table "Technical Specifications".
#pragma once

#include <cstddef>
#include <string>

#include "kernels/cuda/emulator/vector_types.h"

namespace medley::kernels::cuda::emulator {

struct Architecture {
  const char* name;
  unsigned threads_per_block = 1024;
  unsigned block_x = 1024, block_y = 1024, block_z = 64;
  unsigned grid_x = 0x7fffffff, grid_y = 65535, grid_z = 65535;
  size_t shared_bytes = 0;  // a block, with opt-in
};

inline constexpr Architecture kSm80{.name = "sm_80", .shared_bytes = 163 << 10};
inline constexpr Architecture kSm86{.name = "sm_86", .shared_bytes = 99 << 10};  // and sm_89
inline constexpr Architecture kSm90{.name = "sm_90", .shared_bytes = 227 << 10};

// Why the architecture refuses this launch; empty when it does not.
std::string refusal(const Architecture& architecture, dim3 grid, dim3 block, size_t shared_bytes);

}  // namespace medley::kernels::cuda::emulator
