// One optimizer step and what is done when it is not finite.
#include "train/loop/step.h"

#include <cmath>

#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/constant.h"
#include "core/str.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"
#include "models/weights/safetensors.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

// 1, or NaN for a loss that is not finite: every gradient is NaN then, and the optimizer changes
// nothing.
Tensor seed_of(const Tensor& loss) {
  const Tensor seed = Tensor::empty(loss.shape(), loss.dtype(), loss.device());
  autograd::with_float("train_step", loss.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Tensor one = constant(std::vector<T>{T(1.0f)}, loss.shape(), loss.device());
    MEDLEY_KERNEL(add, loss.device(),
                  kernels::Add<T>{.n = 1, .a = loss.data<T>(), .y = seed.data<T>(), .factor = 0});
    MEDLEY_KERNEL(
        add, loss.device(),
        kernels::Add<T>{.n = 1, .a = one.data<T>(), .b = seed.data<T>(), .y = seed.data<T>()});
  });
  return seed;
}

double accuracy(const Tensor& logits) {  // [3B, 2], the first third are matches
  std::vector<float> values = logits.to(DType::f32).to_vector<float>();
  int64_t rows = logits.size(0), right = 0;
  for (int64_t i = 0; i < rows; ++i) {
    bool match = values[static_cast<size_t>(2 * i + 1)] > values[static_cast<size_t>(2 * i)];
    right += match == (i < rows / 3);
  }
  return static_cast<double>(right) / static_cast<double>(rows);
}

std::string describe(const BadTensor& bad) {
  return str("'", bad.name, "' (", bad.nonfinite, " of ", bad.elements, " values)");
}

std::string explain_loss(TrainingState& state, const models::Batch& batch, const StepFigures& f) {
  std::string losses;
  for (auto [name, value] : {std::pair("ITC", f.itc), {"ITM", f.itm}, {"LM", f.lm}})
    if (!std::isfinite(value)) losses += str(losses.empty() ? "" : ", ", name, " is ", value);
  BadTensor weight = first_nonfinite(state.model->weights().weights);
  if (!weight.name.empty()) return losses + "; not finite: the weight " + describe(weight);
  Norm pictures = norm(batch.images.view({batch.images.elements()}));
  if (pictures.nonfinite > 0)
    return losses +
           "; not finite: " + describe({"images", pictures.nonfinite, batch.images.elements()}) +
           " of the batch";
  return losses + "; the weights and the pictures are finite: a value overflowed on the way";
}

}  // namespace

models::Batch step_batch(const TrainingState& state, const models::Batch& batch) {
  if (state.device().kind != Device::Cuda) return batch;
  models::Batch padded = batch;
  padded.text = models::pad(batch.text, state.config.model.max_tokens);
  return padded;
}

void begin_step(TrainingState& state, double lr) {
  state.model->publish(state.step);
  state.optimizer.begin(lr);
}

StepTensors queue_step(TrainingState& state, const models::Batch& batch,
                       const std::function<void(models::Blip&)>& after_backward) {
  models::Blip& model = *state.model;
  const FlatArena& gradients = model.weights().gradients;
  gradients.flat().fill_zero();
  autograd::Tape tape;
  StepTensors tensors;
  models::StepResult& result = tensors.result;
  {
    autograd::Recording recording(tape);
    models::StepInfo info;
    info.seed = static_cast<uint64_t>(state.config.seed);
    info.step = state.step;
    info.on_device = model.published();
    result = model.pretrain_losses(batch, info);
  }
  tape.backward({result.total}, {seed_of(result.total)});
  if (after_backward) after_backward(model);
  tensors.gradient = squared_norm(gradients.flat());
  state.optimizer.apply(tensors.gradient, state.config.optimizer.gradient_clip);
  return tensors;
}

StepOutcome finish_step(TrainingState& state, const models::Batch& batch,
                        const StepTensors& tensors, double lr) {
  models::Blip& model = *state.model;
  const models::StepResult& result = tensors.result;
  StepOutcome outcome;
  StepFigures& figures = outcome.figures;
  figures.itc = result.itc.item();
  figures.itm = result.itm.item();
  figures.lm = result.lm.item();
  const Norm gradient = on_host(tensors.gradient);
  if (!std::isfinite(figures.itc + figures.itm + figures.lm))
    outcome.problem = explain_loss(state, batch, figures);
  else if (gradient.nonfinite > 0)
    outcome.problem =
        "not finite: the gradient of " + describe(first_nonfinite(model.weights().gradients));
  if (!outcome.problem.empty()) {
    state.optimizer.take_back();
    return outcome;
  }
  model.write_queue(result);
  figures.itm_accuracy = accuracy(result.itm_logits);
  figures.gradient_norm = gradient.value;
  figures.temperature = model.temperature();
  figures.lr = lr;
  return outcome;
}

StepOutcome train_step(TrainingState& state, const models::Batch& batch, double lr,
                       const std::function<void(models::Blip&)>& after_backward) {
  begin_step(state, lr);
  const models::Batch inputs = models::to(step_batch(state, batch), state.device());
  return finish_step(state, batch, queue_step(state, inputs, after_backward), lr);
}

std::string save_bad_batch(const std::string& folder, int64_t step, const models::Batch& batch) {
  Tensor samples = Tensor::from(batch.samples, {static_cast<int64_t>(batch.samples.size())});
  const std::vector<int32_t>& lengths = batch.text.lengths;
  std::vector<models::NamedTensor> tensors = {
      {"images", batch.images},
      {"ids", batch.text.ids},
      {"lengths", Tensor::from(lengths, {static_cast<int64_t>(lengths.size())})},
      {"caption", batch.caption},
      {"samples", samples}};
  std::string path = str(folder, "/bad-step-", step, ".safetensors");
  OutputFile file(path, OutputFile::Mode::create);
  models::write_safetensors(tensors, {{"step", std::to_string(step)}}, [&](auto bytes) {
    file.write({bytes.data(), bytes.size()});
  });
  file.close();
  return path;
}

}  // namespace medley::train
