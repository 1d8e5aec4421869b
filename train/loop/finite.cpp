// Norms and the search for values that are not finite.
#include "train/loop/finite.h"

#include <cmath>

#include "kernels/norm.h"

namespace medley::train {
namespace {

template <class T>
Norm norm_of(const Tensor& flat) {
  Norm result;
  double sum = 0;
  kernels::SquaredNorm<T> args;
  args.n = flat.elements();
  args.x = flat.data<T>();
  args.sum = &sum;
  args.nonfinite = &result.nonfinite;
  kernels::cpu::squared_norm(args);
  result.value = std::sqrt(sum);
  return result;
}

}  // namespace

Norm norm(const Tensor& flat) {
  return flat.dtype() == DType::f64 ? norm_of<double>(flat) : norm_of<float>(flat);
}

BadTensor first_nonfinite(const FlatArena& arena) {
  for (const ArenaEntry& entry : arena.layout().entries()) {
    if (!entry.owner.empty()) continue;
    int64_t elements = entry.shape.elements();
    int64_t bad = norm(arena.flat().slice(0, entry.offset, entry.offset + elements)).nonfinite;
    if (bad > 0) return {entry.name, bad, elements};
  }
  return {};
}

}  // namespace medley::train
