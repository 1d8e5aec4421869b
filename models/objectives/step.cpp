// The order of a step, and backward over one batch.
#include "models/objectives/step.h"

#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/constant.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"
#include "kernels/wide.h"

namespace medley::models {
namespace {

// `value`, or NaN for a loss that is not finite.
Tensor seed_of(const Tensor& loss, double value) {
  const Tensor seed = Tensor::empty(loss.shape(), loss.dtype(), loss.device());
  autograd::with_float("add_gradients", loss.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T number(static_cast<kernels::Wide<T>>(value));
    const Tensor good = constant(std::vector<T>{number}, loss.shape(), loss.device());
    MEDLEY_KERNEL(add, loss.device(),
                  kernels::Add<T>{.n = 1, .a = loss.data<T>(), .y = seed.data<T>(), .factor = 0});
    MEDLEY_KERNEL(
        add, loss.device(),
        kernels::Add<T>{.n = 1, .a = good.data<T>(), .b = seed.data<T>(), .y = seed.data<T>()});
  });
  return seed;
}

}  // namespace

BatchResult add_gradients(Objective& objective, const Batch& batch, double share) {
  autograd::Tape tape;
  BatchResult result;
  {
    const autograd::Recording recording(tape);
    result = objective.losses(batch);
  }
  tape.backward({result.total}, {seed_of(result.total, share)});
  return result;
}

std::vector<BatchResult> take_step(Objective& objective, const StepPlan& plan) {
  objective.weights().gradients.flat().fill_zero();
  const double share = 1.0 / static_cast<double>(plan.batches);
  std::vector<BatchResult> results;
  for (int64_t i = 0; i < plan.batches; ++i) {
    const int64_t number = plan.step * plan.batches + i;
    i == 0 ? objective.begin(plan.step, number) : objective.next_batch(number);
    const Batch batch = plan.next();
    results.push_back(plan.gradients ? plan.gradients(batch, share)
                                     : add_gradients(objective, batch, share));
  }
  if (plan.update(results))
    for (const BatchResult& result : results) objective.commit(result);
  return results;
}

}  // namespace medley::models
