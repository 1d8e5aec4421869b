// Every primitive of kernels/cuda/device that is more than C++, as a function from words to words:
// one small kernel each. On a GPU they make golden vectors; in the emulator, its models must give
// the same.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/device.h"

namespace medley::golden {

enum class Operands {
  bits,         // any
  floats,       // in [-2, 2)
  bf16_pairs,   // in [-2, 2), two a word
  wide_floats,  // of every size, with zeros, infinities and numbers near them
};

struct Primitive {
  const char* name;
  Operands operands;
  int inputs, outputs;  // words
  // Of outputs as floats: |x - y| <= tolerance * max(1, |y|). 0: the words are equal.
  double tolerance;
  int architecture;  // compute capability that it needs: 80, 90
  void (*run)(const uint32_t* in, uint32_t* out, Stream stream);  // in device memory
};

std::span<const Primitive> primitives();

}  // namespace medley::golden
