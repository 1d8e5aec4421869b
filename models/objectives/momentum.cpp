// Moves the momentum model.
#include "models/objectives/momentum.h"

#include <algorithm>

#include "autograd/dtype_switch.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/ema.h"

namespace medley::models {

double momentum_kept(const LossConfig& losses, int64_t step) {
  if (!losses.momentum_warmup) return losses.momentum;
  const auto t = static_cast<double>(step + 1);
  return std::min(losses.momentum, t / (t + 9));
}

void check_same_range(const autograd::ParameterStore& average,
                      const autograd::ParameterStore& weights) {
  for (const ArenaEntry& entry : average.layout().entries()) {
    const size_t dot = entry.name.find('.');
    const std::string student = entry.name.substr(0, dot - 2) + entry.name.substr(dot);
    const ArenaEntry& other = weights.layout().entry(student);
    if (other.offset != entry.offset || !(other.shape == entry.shape))
      throw AutogradError(str("[momentum] '", entry.name, "' ", entry.shape, " lies at ",
                              entry.offset, " but '", student, "' ", other.shape, " at ",
                              other.offset));
  }
}

void update_average(const autograd::ParameterStore& average,
                    const autograd::ParameterStore& weights, const double* keep) {
  const Tensor& to = average.weights.flat();
  const Tensor& from = weights.weights.flat();
  autograd::with_float("momentum", to.dtype(), [&](auto zero) {
    using T = decltype(zero);
    MEDLEY_KERNEL(
        ema, to.device(),
        kernels::Ema<T>{
            .n = to.elements(), .average = to.data<T>(), .value = from.data<T>(), .keep = keep});
  });
  to.bump_version();
  average.refresh();
}

}  // namespace medley::models
