// cuDNN's attention behind kernels/attention.h, bf16 only: a yardstick for benchmarks, and on
// request (MEDLEY_ATTENTION=cudnn) what the engine uses wherever it can. Never needed: it may be
// missing when the program is built and when it runs.
#pragma once

#include <string>

#include "core/device.h"
#include "kernels/attention.h"

namespace medley::kernels::cuda::cudnn {

// Why nothing here can be used; empty when it can.
std::string absence();

// Why cuDNN cannot run this; null when it can.
const char* why_not(const AttentionForward<bf16>& args);
const char* why_not(const AttentionBackward<bf16>& args);

// Dropout's mask is cuDNN's own, drawn from the same key in both directions. Throws DeviceError
// with cuDNN's words when it has no kernel.
void attention_forward(const AttentionForward<bf16>& args, Stream stream);
// Not deterministic, as everyone runs it: dq is summed by atomics. Deterministic: dS goes through
// memory.
void attention_backward(const AttentionBackward<bf16>& args, bool deterministic, Stream stream);

// Whether MEDLEY_ATTENTION=cudnn. Throws ValueError for a value that means nothing, DeviceError
// with absence().
bool is_selected();

// Whether the engine gives this call to cuDNN: selected, possible, and without dropout, whose mask
// must be the one of every other device.
template <class Args>
bool takes(const Args& args) {
  return is_selected() && why_not(args) == nullptr && !args.shape.dropout.active();
}

}  // namespace medley::kernels::cuda::cudnn
