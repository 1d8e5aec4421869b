// Packed texts picked by index and packed anew, each with another first token: the joint pass of
// BLIP reads texts after [ENC] that were drawn as hard negatives. Where the index is on a GPU the
// host cannot know how many rows come out: it gives a bound, and the rows left over become texts of
// padding, which nothing reads.
#pragma once

#include <cstdint>

#include "core/device.h"

namespace medley::kernels {

// Text i of the result is text source[i] of the input, i < picked; then `padding` texts of token 0
// share the rows that are left, in order, each as long as possible up to `longest`.
struct SelectTexts {
  int64_t texts = 0;                 // of the input
  const int32_t* ids = nullptr;      // [rows of the input]
  const int32_t* cu = nullptr;       // [texts + 1]
  int64_t longest = 0;               // most rows of a text
  int64_t picked = 0, padding = 0;   // texts of the result; padding * longest >= rows left over
  const int32_t* source = nullptr;   // [picked], in 0 .. texts - 1
  int32_t first_token = 0;           // in place of the first of each picked text
  int64_t rows = 0;                  // of the result
  int32_t* out_ids = nullptr;        // [rows]
  int32_t* out_positions = nullptr;  // [rows]: 0, 1, .. within each text
  int32_t* out_cu = nullptr;         // [picked + padding + 1]
  int32_t* out_first = nullptr;      // [picked]: row of each text's first token
  int64_t rows_before = 0;           // of other texts, which the result follows
  int32_t* out_ends = nullptr;  // [picked + padding]: rows_before + out_cu[i + 1]; null: not wanted
};

namespace cpu {
void select_texts(const SelectTexts& args);
}  // namespace cpu

// A source that is not there is reported by the next cuda::check_faults(); its text is empty.
namespace cuda {
void select_texts(const SelectTexts& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
