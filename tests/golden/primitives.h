// Every primitive of kernels/cuda/device that is more than C++, and every intrinsic that kernels
// use, as a function from words to words: one small kernel each, in the .cu files of this folder.
// On a GPU they make golden vectors; in the emulator, its models must give the same.
#pragma once

#include <cstdint>
#include <span>

#include "core/device.h"
#include "tests/golden/operands.h"

namespace medley::golden {

// What a primitive must be compiled for. Newer GPUs run code for sm_80 and sm_90 too; sm_90a is for
// compute capability 9.0 and no other. In code for less the primitive is empty.
enum class Code : uint32_t { none = 0, sm_80 = 80, sm_90 = 90, sm_90a = 901 };

// When an output x agrees with the recorded y. By default the words are equal. Floats also agree
// when they are equal infinities, both NaN, or |x - y| <= max(relative * |y|, floor).
struct Agreement {
  bool floats = false;
  double relative = 0, floor = 0;
};

struct Primitive {
  const char* name;
  Code code;
  Operands operands;
  int inputs, outputs;  // words
  Agreement agreement;
  // All in device memory. `code` gets the Code that ran.
  void (*run)(const uint32_t* in, uint32_t* out, uint32_t* code, Stream stream);
};

std::span<const Primitive> arithmetic_primitives();
std::span<const Primitive> atomic_primitives();
std::span<const Primitive> barrier_primitives();
std::span<const Primitive> copy_primitives();
std::span<const Primitive> matrix_primitives();
std::span<const Primitive> warp_primitives();
std::span<const Primitive> primitives();  // all of them

bool agree(const Agreement& agreement, uint32_t x, uint32_t y);
// Whether a GPU of this compute capability runs such code at all.
bool runs_on(Code code, int major, int minor);
const char* name(Code code);

}  // namespace medley::golden
