// Norms and the search for values that are not finite.
#include "autograd/optim/norm.h"

#include <cmath>

#include "autograd/dtype_switch.h"
#include "kernels/dispatch.h"
#include "kernels/norm.h"

namespace medley::autograd {
SquaredNorm squared_norm(const Tensor& flat) {
  const SquaredNorm squared{Tensor::empty({1}, DType::f64, flat.device()),
                            Tensor::empty({1}, DType::i64, flat.device())};
  with_float("squared_norm", flat.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(squared_norm, flat.device(),
                  kernels::SquaredNorm<T>{.n = flat.elements(),
                                          .x = flat.data<T>(),
                                          .sum = squared.sum.data<double>(),
                                          .nonfinite = squared.nonfinite.data<int64_t>()});
  });
  return squared;
}

Norm on_host(const SquaredNorm& squared) {
  return {std::sqrt(squared.sum.item()), static_cast<int64_t>(squared.nonfinite.item())};
}

Norm norm(const Tensor& flat) { return on_host(squared_norm(flat)); }

BadTensor first_nonfinite(const FlatArena& arena) {
  for (const ArenaEntry& entry : arena.layout().entries()) {
    if (!entry.owner.empty()) continue;
    int64_t elements = entry.shape.elements();
    int64_t bad = norm(arena.flat().slice(0, entry.offset, entry.offset + elements)).nonfinite;
    if (bad > 0) return {entry.name, bad, elements};
  }
  return {};
}

}  // namespace medley::autograd
