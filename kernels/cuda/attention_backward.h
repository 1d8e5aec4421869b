// The backward kernels of attention, slowest and most general first, and who takes which call.
// cuda::attention_backward() chooses; tests and benchmarks may name one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/device.h"
#include "kernels/attention.h"

namespace medley::cuda {
struct Fault;
}

namespace medley::kernels::cuda {

enum class BackwardKernel {
  naive,        // f32 and bf16, any head dim up to 256, any stride: every score is made twice
  tiled,        // f32: tiles of 32 queries and 64 keys in shared memory
  single_pass,  // bf16: tensor cores, all keys of a key block at once
  key_steps     // bf16: the same with keys in steps, dq summed in f32 from step to step
};

// How the bf16 kernels lie over a key block: `warps` of 16 keys, in `steps` steps.
struct KeyLayout {
  int warps, steps;
};

// Registers bound the number of warps: dK and dV of 16 keys take head_dim registers of every
// thread, and a multiprocessor has 64 K.
constexpr int most_warps(int64_t head_dim) { return head_dim <= 64 ? 14 : 8; }

}  // namespace medley::kernels::cuda
