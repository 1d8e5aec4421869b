// One batch as the models take it. Text is packed, one caption behind the other; padding exists
// only where the number of rows must not depend on the captions, and then behind them all.
#pragma once

#include <cstdint>
#include <vector>

#include "autograd/ops/attention.h"
#include "core/tensor.h"

namespace medley::models {

// [SEP] ends a text; the other two stand in place of its [CLS]: [DEC] before a text that is
// written, [ENC] before one that is read beside a picture.
struct SpecialTokens {
  int32_t sep = 3, dec = 4, enc = 5;
};

struct PackedText {
  Tensor ids;        // [tokens] i32; each caption is [CLS] ... [SEP]
  Tensor positions;  // [tokens] i32: 0, 1, ... within each caption
  autograd::Sequences sequences;
  // The same on the host: indices are made from it, and a device is never asked for its own copy.
  std::vector<int32_t> tokens;   // [tokens]
  std::vector<int32_t> lengths;  // tokens of each caption
  // Of padded text alone.
  int64_t padding = 0;  // texts at the end that are none
  int64_t given = 1;    // tokens at the beginning of each text that are not asked for
  Tensor next;          // [tokens] i32: the token that follows, or kernels::kIgnoredTarget

  int64_t texts() const { return static_cast<int64_t>(lengths.size()) - padding; }
};

// Packs captions of token ids. Throws ValueError for an empty caption.
PackedText pack(const std::vector<std::vector<int32_t>>& captions, Device device = {});
PackedText to(const PackedText& text, Device device);
// For captured steps, which want few shapes: `longest` is rounded up to a multiple of eight, but to
// `most` at most, and the rows to a multiple of an eighth of B * longest. Texts of token 0 fill
// them, the first ones as long as they may be; nothing reads them. The first `given` tokens of each
// text are not asked for. `text` lies on the CPU. Throws ValueError when a text has more tokens
// than `most`.
PackedText pad(const PackedText& text, int64_t most, int64_t given = 1);

struct Batch {
  Tensor images;                 // [B, 3, S, S], normalised; NLVR2: [2B, ...], left ones first
  PackedText text;               // B captions, questions or sentences
  Tensor caption;                // [B] i64: equal for equal captions; retrieval: for equal pictures
  std::vector<int64_t> samples;  // [B] ids in the data set, for messages and replay
  // VQA: A answers, the question of each, and the share of people who gave it.
  PackedText answers;
  std::vector<int32_t> question_of;
  std::vector<double> answer_weights;
  Tensor truth;  // NLVR2: [B] i32, 1 where the sentence is true
};
Batch to(const Batch& batch, Device device);

}  // namespace medley::models
