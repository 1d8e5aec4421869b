// Products of the factors, and their gradients.
#include "autograd/optim/low_rank.h"

#include "autograd/dtype_switch.h"
#include "autograd/nn/linear.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"
#include "kernels/linear.h"

namespace medley::autograd {
namespace {

std::string factor_name(std::string matrix, const char* factor) {
  if (matrix.ends_with(".weight")) matrix.resize(matrix.size() - 7);
  return matrix + "." + factor + ".weight";
}

const std::string& owner_of(const ArenaLayout& layout, const std::string& name) {
  const ArenaEntry& entry = layout.entry(name);
  return entry.owner.empty() ? entry.name : entry.owner;
}

}  // namespace

LowRank::LowRank(ParameterStore& store, const std::vector<std::string>& matrices,
                 const LowRankOptions& options,
                 const std::function<bool(const std::string& name)>& trained)
    : store_(store), factor_(options.alpha / static_cast<double>(options.rank)) {
  if (!store.gradients.flat().defined())
    throw ValueError("[low_rank] the store was built without gradients",
                     "build it with gradients: that is the default");
  const Tensor& weights = store.weights.flat();
  ParameterBuilder builder;
  ArenaLayout covered;
  for (const std::string& name : matrices) {
    owners_.insert(owner_of(store.layout(), name));
    const Shape& shape = store.layout().entry(name).shape;
    if (shape.rank() != 2)
      throw ShapeError(str("[low_rank] '", name, "' has shape ", shape, ": it is no matrix"));
    const int64_t most = shape.elements() / (shape[0] + shape[1]);
    if (options.rank < 1 || options.rank > most)
      throw ValueError(str("[low_rank] rank ", options.rank, " for '", name, "' of shape ", shape),
                       str("a rank of 1 to ", most, " has fewer numbers than the matrix"));
    covered.add(name, shape);
    // As the authors' code and a linear layer of PyTorch start.
    builder.add(factor_name(name, "lora_A"), {options.rank, shape[1]}, torch_default(shape[1]));
    builder.add(factor_name(name, "lora_B"), {shape[0], options.rank}, {});
  }
  factors_ = builder.build(weights.dtype(), weights.device(), options.seed);
  originals_ = FlatArena(covered, weights.dtype(), weights.device());
  scaled_ = FlatArena(factors_.layout(), weights.dtype(), weights.device());
  for (const std::string& name : matrices) {
    const std::string a = factor_name(name, "lora_A"), b = factor_name(name, "lora_B");
    matrices_.push_back({.weight = store.weights.at(name),
                         .gradient = store.gradients.at(name),
                         .original = originals_.at(name),
                         .a = factors_.weights.at(a),
                         .da = factors_.gradients.at(a),
                         .scaled_a = scaled_.at(a),
                         .db = factors_.gradients.at(b),
                         .scaled_b = scaled_.at(b)});
    matrices_.back().original.copy_from(matrices_.back().weight);
  }
  scale();
  store.freeze([&](const std::string& name) {
    const std::string& owner = owner_of(store.layout(), name);
    return !owners_.contains(owner) && !(trained && trained(owner));
  });
}

void LowRank::scale() {
  const Tensor &from = factors_.weights.flat(), &to = scaled_.flat();
  with_float("low_rank", to.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(add, to.device(),
                  kernels::Add<T>{.n = to.elements(),
                                  .a = from.data<T>(),
                                  .y = to.data<T>(),
                                  .factor = static_cast<kernels::Wide<T>>(factor_)});
  });
}

//   dB = dW (s A)^T,   dA = (s B)^T dW,   s = alpha / r
void LowRank::pull_gradients() {
  with_float("low_rank", scaled_.flat().dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (const Matrix& m : matrices_) {
      const int64_t out = m.weight.size(0), in = m.weight.size(1), rank = m.a.size(0);
      const T* const dw = m.gradient.data<T>();
      MEDLEY_KERNEL(gemm, m.weight.device(),
                    kernels::Gemm<T>{.m = out,
                                     .n = rank,
                                     .k = in,
                                     .a = dw,
                                     .a_row = in,
                                     .b = m.scaled_a.data<T>(),
                                     .b_row = 1,
                                     .b_col = in,
                                     .c = m.db.data<T>(),
                                     .ldc = rank});
      MEDLEY_KERNEL(gemm, m.weight.device(),
                    kernels::Gemm<T>{.m = rank,
                                     .n = in,
                                     .k = out,
                                     .a = m.scaled_b.data<T>(),
                                     .a_row = 1,
                                     .a_col = rank,
                                     .b = dw,
                                     .b_row = in,
                                     .c = m.da.data<T>(),
                                     .ldc = in});
    }
  });
  for (const std::string& owner : owners_) store_.gradients.at(owner).fill_zero();
  for (const Matrix& m : matrices_) {
    const Tensor place = m.gradient.view({m.gradient.elements()});
    const int64_t a = m.da.elements(), b = m.db.elements();
    place.slice(0, 0, a).copy_from(m.da.view({a}));
    place.slice(0, a, a + b).copy_from(m.db.view({b}));
  }
}

void LowRank::merge() {
  scale();
  with_float("low_rank", scaled_.flat().dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (const Matrix& m : matrices_) {
      const int64_t out = m.weight.size(0), in = m.weight.size(1), rank = m.a.size(0);
      MEDLEY_KERNEL(gemm, m.weight.device(),
                    kernels::Gemm<T>{.m = out,
                                     .n = in,
                                     .k = rank,
                                     .a = m.scaled_b.data<T>(),
                                     .a_row = rank,
                                     .b = m.a.data<T>(),
                                     .b_row = in,
                                     .c = m.weight.data<T>(),
                                     .ldc = in,
                                     .residual = m.original.data<T>()});
    }
  });
  store_.weights.flat().bump_version();
  store_.refresh();
}

ParameterGroup LowRank::merged() const {
  return {.contains = [owners = owners_](const std::string& name) { return owners.contains(name); },
          .lr_factor = 0};
}

}  // namespace medley::autograd
