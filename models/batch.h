// One batch as the models take it. Text is packed: no padding token exists anywhere.
#pragma once

#include <cstdint>
#include <vector>

#include "autograd/ops/attention.h"
#include "core/tensor.h"

namespace medley::models {

struct PackedText {
  Tensor ids;        // [tokens] i32; each caption is [CLS] ... [SEP]
  Tensor positions;  // [tokens] i32: 0, 1, ... within each caption
  autograd::Sequences sequences;
  // The same on the host: indices are made from it, and a device is never asked for its own copy.
  std::vector<int32_t> tokens;   // [tokens]
  std::vector<int32_t> lengths;  // tokens of each caption
};

// Packs captions of token ids. Throws ValueError for an empty caption.
PackedText pack(const std::vector<std::vector<int32_t>>& captions, Device device = {});
PackedText to(const PackedText& text, Device device);

struct Batch {
  Tensor images;  // [B, 3, S, S], normalised
  PackedText text;
  Tensor caption;                // [B] i64: equal for equal captions
  std::vector<int64_t> samples;  // [B] ids in the data set, for messages and replay
};
Batch to(const Batch& batch, Device device);

}  // namespace medley::models
