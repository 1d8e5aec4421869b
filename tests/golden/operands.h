// What primitives are given: random words, and before them the values at which conversions and
// approximations go wrong.
#pragma once

#include <cstdint>

namespace medley::golden {

enum class Operands {
  bits,         // any
  floats,       // in [-2, 2)
  bf16_pairs,   // in [-2, 2), two a word
  wide_floats,  // of every size; first zeros, infinities, ties of bf16 and tf32; no NaN, whose bits
                // are the device's own
  exponents,    // in [-160, 160), where 2^x is infinite, normal, subnormal or zero; first the ends,
                // infinities and NaN
};

// Operand i of a set, from a random word.
uint32_t operand(Operands operands, int i, uint32_t word);

}  // namespace medley::golden
