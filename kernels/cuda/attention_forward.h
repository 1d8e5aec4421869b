// The forward kernels of attention, slowest and most general first, and who takes which call.
// cuda::attention_forward() chooses; tests and benchmarks may name one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/device.h"
#include "kernels/attention.h"
#include "kernels/cuda/attention_launch.h"

namespace medley::kernels::cuda {

enum class ForwardKernel {
  naive,     // f32 and bf16, any head dim up to 256, any stride: a warp for each query row
  tiled,     // f32: tiles of 64 queries and 64 keys in shared memory
  streamed,  // bf16: tensor cores, keys in steps
  resident   // bf16: tensor cores, all keys in shared memory, up to kResidentKeys
};
const char* name_of(ForwardKernel kernel);

inline constexpr int64_t kResidentKeys = 224;

// Why `kernel` cannot run these arguments; null when it can.
template <class T>
const char* why_not(const AttentionForward<T>& args, ForwardKernel kernel);
template <class T>
ForwardKernel choose_forward(const AttentionForward<T>& args);
// Checks, and throws what cuda::attention_forward() throws; also where `kernel` cannot run them.
template <class T>
void attention_forward(const AttentionForward<T>& args, std::optional<ForwardKernel> kernel,
                       Stream stream);

template <class T>
void attention_naive(const AttentionForward<T>& args, const AttentionFaults& faults, Stream stream);
size_t attention_tiled_bytes(int64_t head_dim);  // of shared memory
void attention_tiled(const AttentionForward<float>& args, const AttentionFaults& faults,
                     Stream stream);
void attention_streamed(const AttentionForward<bf16>& args, const AttentionFaults& faults,
                        Stream stream);
void attention_resident(const AttentionForward<bf16>& args, const AttentionFaults& faults,
                        Stream stream);

}  // namespace medley::kernels::cuda
