// The backward kernels of attention, slowest and most general first, and who takes which call.
// cuda::attention_backward() chooses; tests and benchmarks may name one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/device.h"
#include "kernels/attention.h"
#include "kernels/cuda/attention_launch.h"

namespace medley::kernels::cuda {

enum class BackwardKernel {
  naive,        // f32 and bf16, any head dim up to 256, any stride: a warp for each row
  tiled,        // f32: tiles of 32 queries and 64 keys in shared memory
  single_pass,  // bf16: tensor cores, all keys of a key block at once
  key_steps     // bf16: the same with keys in steps, dq summed in f32 from step to step
};
const char* name_of(BackwardKernel kernel);

// Why `kernel` cannot run these arguments; null when it can.
template <class T>
const char* why_not(const AttentionBackward<T>& args, BackwardKernel kernel);
template <class T>
BackwardKernel choose_backward(const AttentionBackward<T>& args);
// Checks, and throws what cuda::attention_backward() throws; also where `kernel` cannot run them.
template <class T>
void attention_backward(const AttentionBackward<T>& args, std::optional<BackwardKernel> kernel,
                        Stream stream);

template <class T>
void attention_backward_naive(const AttentionBackward<T>& args, const AttentionFaults& faults,
                              Stream stream);
size_t attention_backward_tiled_bytes(int64_t head_dim);  // of shared memory
void attention_backward_tiled(const AttentionBackward<float>& args, const AttentionFaults& faults,
                              Stream stream);

// How the bf16 kernels lie over a key block: warps of warp_keys() keys, in steps. Every layout
// gives the same bits.
struct KeyLayout {
  int warps, steps;
};
inline constexpr int kMostWarps = 8;  // of 255 registers a thread, in the 64 K of a multiprocessor

// Keys of a warp. 32 halve the reads of Q and dO for each mma, but dK and dV take D registers for
// every 16: too many at head dim 128.
constexpr int warp_keys(int64_t head_dim) { return head_dim <= 64 ? 32 : 16; }

// The fewest steps that take `keys` keys, and at least `steps`, where there are as many warps.
constexpr KeyLayout key_layout(int64_t head_dim, int64_t keys, int64_t steps = 1,
                               int64_t most_warps = kMostWarps) {
  const int64_t warps = std::max<int64_t>(divide_up(keys, warp_keys(head_dim)), 1);
  steps = std::max(std::min(steps, warps), divide_up(warps, most_warps));
  const int64_t warps_of_step = divide_up(warps, steps);
  return {static_cast<int>(warps_of_step), static_cast<int>(divide_up(warps, warps_of_step))};
}

size_t attention_backward_mma_bytes(int64_t head_dim, int warps);  // of shared memory
void attention_backward_mma(const AttentionBackward<bf16>& args, KeyLayout layout,
                            const AttentionFaults& faults, Stream stream);

}  // namespace medley::kernels::cuda
