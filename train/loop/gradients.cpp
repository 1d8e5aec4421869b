// Forward and backward over a batch.
#include "train/loop/gradients.h"

#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/constant.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"
#include "kernels/wide.h"

namespace medley::train {
namespace {

// `value`, or NaN for a loss that is not finite.
Tensor seed_of(const Tensor& loss, double value) {
  const Tensor seed = Tensor::empty(loss.shape(), loss.dtype(), loss.device());
  autograd::with_float("train_step", loss.dtype(), [&](auto zero) {
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

models::Batch padded_batch(const TrainingState& state, const models::Batch& batch) {
  if (state.device().kind != Device::Cuda) return batch;
  models::Batch padded = batch;
  padded.text = models::pad(batch.text, state.config.model.max_tokens);
  return padded;
}

models::BatchResult add_gradients(TrainingState& state, const models::Batch& batch,
                                  int64_t number) {
  models::Blip& model = *state.model;
  autograd::Tape tape;
  models::BatchResult result;
  {
    autograd::Recording recording(tape);
    models::BatchInfo info;
    info.seed = static_cast<uint64_t>(state.config.seed);
    info.batch = number;
    info.on_device = model.published();
    result = model.pretrain_losses(batch, info);
  }
  const double share = 1.0 / static_cast<double>(state.config.accumulate);
  tape.backward({result.total}, {seed_of(result.total, share)});
  return result;
}

}  // namespace medley::train
