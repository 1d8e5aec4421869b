// One optimizer step and what is done when it is not finite.
#include "train/loop/step.h"

#include <cmath>

#include "autograd/optim/norm.h"
#include "core/str.h"

namespace medley::train {
namespace {

using autograd::BadTensor;
using autograd::first_nonfinite;
using autograd::Norm;

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

StepFigures figures_of(const models::BatchResult& result) {
  StepFigures figures;
  figures.itc = result.itc.item();
  figures.itm = result.itm.item();
  figures.lm = result.lm.item();
  return figures;
}

std::string explain_loss(TrainingState& state, const models::Batch& batch, const StepFigures& f) {
  std::string losses;
  for (auto [name, value] : {std::pair("ITC", f.itc), {"ITM", f.itm}, {"LM", f.lm}})
    if (!std::isfinite(value)) losses += str(losses.empty() ? "" : ", ", name, " is ", value);
  BadTensor weight = first_nonfinite(state.model->weights().weights);
  if (!weight.name.empty()) return losses + "; not finite: the weight " + describe(weight);
  Norm pictures = autograd::norm(batch.images.view({batch.images.elements()}));
  if (pictures.nonfinite > 0)
    return losses +
           "; not finite: " + describe({"images", pictures.nonfinite, batch.images.elements()}) +
           " of the batch";
  return losses + "; the weights and the pictures are finite: a value overflowed on the way";
}

// Empty when all is finite.
std::string problem_of(TrainingState& state, const std::vector<models::Batch>& batches,
                       const std::vector<StepFigures>& figures, const Norm& gradient) {
  for (size_t i = 0; i < batches.size(); ++i) {
    const StepFigures& f = figures[i];
    if (std::isfinite(f.itc + f.itm + f.lm)) continue;
    const std::string which =
        batches.size() == 1 ? "" : str("batch ", i + 1, " of ", batches.size(), ": ");
    return which + explain_loss(state, batches[i], f);
  }
  if (gradient.nonfinite == 0) return "";
  return "not finite: the gradient of " +
         describe(first_nonfinite(state.model->weights().gradients));
}

}  // namespace

StepOutcome train_step(TrainingState& state, BatchFeed& feed, const StepOptions& options) {
  models::Blip& model = *state.model;
  const FlatArena& gradients = model.weights().gradients;
  state.optimizer.zero_grad();
  model.begin_step(state.step);
  const int64_t count = state.config.accumulate;
  std::vector<models::Batch> batches;
  std::vector<models::BatchResult> results;
  for (int64_t number = state.step * count; number < (state.step + 1) * count; ++number) {
    const auto [batch, images] = feed.next();
    batches.push_back(batch);
    models::Batch padded = padded_batch(state, batch);
    padded.images = images;
    model.publish(number);
    results.push_back(options.graph
                          ? options.graph->add_gradients(state, padded, number)
                          : add_gradients(state, models::to(padded, state.device()), number));
    feed.release();
  }
  if (options.after_backward) options.after_backward(model);
  const autograd::SquaredNorm squared = autograd::squared_norm(gradients.flat());
  state.optimizer.set_lr(options.lr);
  state.optimizer.step(squared);
  if (!options.last) feed.prefetch();

  std::vector<StepFigures> figures;
  for (const models::BatchResult& result : results) figures.push_back(figures_of(result));
  const Norm gradient = on_host(squared);
  StepOutcome outcome;
  outcome.problem = problem_of(state, batches, figures, gradient);
  if (!outcome.problem.empty()) {
    state.optimizer.take_back();
    outcome.batches = std::move(batches);
    return outcome;
  }
  FigureSums sums;
  for (size_t i = 0; i < results.size(); ++i) {
    model.write_queue(results[i]);
    figures[i].itm_accuracy = accuracy(results[i].itm_logits);
    sums.add(figures[i]);
  }
  outcome.figures = sums.means();
  outcome.figures.gradient_norm = gradient.value;
  outcome.figures.temperature = model.temperature();
  outcome.figures.lr = options.lr;
  return outcome;
}

}  // namespace medley::train
