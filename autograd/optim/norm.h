// Norms of flat arenas, and the name of the first tensor that is not finite.
#pragma once

#include <cstdint>
#include <string>

#include "core/arena.h"

namespace medley::autograd {

// What kernels::SquaredNorm gives, where the tensor is.
struct SquaredNorm {
  Tensor sum;        // [1] f64, over the finite elements
  Tensor nonfinite;  // [1] i64: elements that are NaN or infinite
};
SquaredNorm squared_norm(const Tensor& flat);  // [n], f32 or f64

struct Norm {
  double value = 0;  // Euclidean, over the finite elements
  int64_t nonfinite = 0;
};
Norm on_host(const SquaredNorm& squared);
Norm norm(const Tensor& flat);  // both at once

struct BadTensor {
  std::string name;       // of the arena's entry; empty: all are finite
  int64_t nonfinite = 0;  // elements
  int64_t elements = 0;
};
// The first entry, in the order of declaration, with a value that is not finite.
BadTensor first_nonfinite(const FlatArena& arena);

}  // namespace medley::autograd
