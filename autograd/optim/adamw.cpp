// Cuts the arena into ranges that are updated alike, and updates them.
#include "autograd/optim/adamw.h"

#include "autograd/dtype_switch.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/adamw.h"
#include "kernels/dispatch.h"

namespace medley::autograd {

AdamW::AdamW(const ParameterStore& store, const AdamWOptions& options,
             const std::vector<ParameterGroup>& groups)
    : store_(store),
      m_(store.layout(), store.weights.flat().dtype(), store.weights.flat().device()),
      v_(store.layout(), store.weights.flat().dtype(), store.weights.flat().device()),
      options_(options) {
  if (!store.gradients.flat().defined())
    throw ValueError("[adamw] the store was built without gradients",
                     "build it with gradients: that is the default");
  std::vector<int64_t> members(groups.size());
  for (const ArenaEntry& entry : store.layout().entries()) {
    if (!entry.owner.empty()) continue;
    Range range{.begin = entry.offset, .end = store.layout().elements(), .decay = options.decay};
    for (size_t g = 0; g < groups.size(); ++g) {
      if (!groups[g].contains(entry.name)) continue;
      range.lr_factor = groups[g].lr_factor;
      range.decay = groups[g].decay.value_or(options.decay);
      ++members[g];
      break;
    }
    // Entries lie in this order. The gap after one is zero and stays zero, so a range takes it in
    // and the next one begins aligned.
    if (!ranges_.empty()) {
      const Range& last = ranges_.back();
      if (last.lr_factor == range.lr_factor && last.decay == range.decay) continue;
      ranges_.back().end = range.begin;
    }
    ranges_.push_back(range);
  }
  for (size_t g = 0; g < groups.size(); ++g)
    if (members[g] == 0)
      throw ValueError(str("[adamw] group ", g, " of ", groups.size(), " contains no parameter"),
                       "a parameter belongs to the first group that contains its name");
}

void AdamW::zero_grad() { store_.gradients.flat().fill_zero(); }

void AdamW::step() {
  if (options_.clip > 0) return step(squared_norm(store_.gradients.flat()));
  update(nullptr);
}

void AdamW::step(const SquaredNorm& gradient) { update(&gradient); }

void AdamW::update(const SquaredNorm* gradient) {
  ++steps_;
  with_float("adamw", store_.weights.flat().dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (const Range& range : ranges_)
      MEDLEY_KERNEL(
          adamw, device(),
          kernels::AdamW<T>{.n = range.end - range.begin,
                            .weight = store_.weights.flat().data<T>() + range.begin,
                            .gradient = store_.gradients.flat().data<T>() + range.begin,
                            .m = m_.flat().data<T>() + range.begin,
                            .v = v_.flat().data<T>() + range.begin,
                            .step = steps_,
                            .lr = options_.lr * range.lr_factor,
                            .beta1 = options_.beta1,
                            .beta2 = options_.beta2,
                            .eps = options_.eps,
                            .decay = range.decay,
                            .squared_norm = gradient ? gradient->sum.data<double>() : nullptr,
                            .nonfinite = gradient ? gradient->nonfinite.data<int64_t>() : nullptr,
                            .clip = options_.clip});
  });
  store_.weights.flat().bump_version();
  store_.refresh();
  m_.flat().bump_version();
  v_.flat().bump_version();
}

}  // namespace medley::autograd
