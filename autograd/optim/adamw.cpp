// Cuts the arena into ranges that are updated alike, and updates them.
#include "autograd/optim/adamw.h"

#include <unordered_set>

#include "autograd/dtype_switch.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/adamw.h"
#include "kernels/dispatch.h"

namespace medley::autograd {

AdamW::AdamW(const ParameterStore& store, const AdamWOptions& options,
             const std::vector<ParameterGroup>& groups)
    : store_(store), options_(options) {
  if (!store.gradients.flat().defined())
    throw ValueError("[adamw] the store was built without gradients",
                     "build it with gradients: that is the default");
  std::vector<int64_t> members(groups.size());
  std::unordered_set<std::string> trained;
  int64_t moments = 0;
  for (const ArenaEntry& entry : store.layout().entries()) {
    if (!entry.owner.empty()) continue;
    Range range{.begin = entry.offset, .decay = options.decay};
    for (size_t g = 0; g < groups.size(); ++g) {
      if (!groups[g].contains(entry.name)) continue;
      range.lr_factor = groups[g].lr_factor;
      range.decay = groups[g].decay.value_or(options.decay);
      ++members[g];
      break;
    }
    if (range.lr_factor == 0 || !store.wants_gradient(entry.name)) continue;
    trained.insert(entry.name);
    // Entries lie in this order. The gap after one is zero and stays zero, so a range takes it in
    // and the next one begins aligned.
    constexpr int64_t kAlign = ArenaLayout::kAlign;
    range.end = range.begin + (entry.shape.elements() + kAlign - 1) / kAlign * kAlign;
    range.moments = moments;
    moments += range.end - range.begin;
    if (!ranges_.empty()) {
      Range& last = ranges_.back();
      if (last.end == range.begin && last.lr_factor == range.lr_factor &&
          last.decay == range.decay) {
        last.end = range.end;
        continue;
      }
    }
    ranges_.push_back(range);
  }
  for (size_t g = 0; g < groups.size(); ++g)
    if (members[g] == 0)
      throw ValueError(str("[adamw] group ", g, " of ", groups.size(), " contains no parameter"),
                       "a parameter belongs to the first group that contains its name");
  const ArenaLayout layout =
      store.layout().only([&](const std::string& name) { return trained.contains(name); });
  m_ = FlatArena(layout, store.weights.flat().dtype(), device());
  v_ = FlatArena(layout, store.weights.flat().dtype(), device());
}

int64_t AdamW::elements() const {
  int64_t elements = 0;
  for (const ArenaEntry& entry : m_.layout().entries())
    if (entry.owner.empty()) elements += entry.shape.elements();
  return elements;
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
                            .m = m_.flat().data<T>() + range.moments,
                            .v = v_.flat().data<T>() + range.moments,
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
