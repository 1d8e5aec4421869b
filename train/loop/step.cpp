// One optimizer step and what is done when it is not finite.
#include "train/loop/step.h"

#include <cctype>
#include <cmath>

#include "autograd/optim/norm.h"
#include "core/str.h"

namespace medley::train {
namespace {

using autograd::BadTensor;
using autograd::first_nonfinite;
using autograd::Norm;

std::string describe(const BadTensor& bad) {
  return str("'", bad.name, "' (", bad.nonfinite, " of ", bad.elements, " values)");
}

// The losses that are not finite, with their values; empty when all are.
std::string bad_losses(const std::vector<models::Figure>& what, const std::vector<double>& values) {
  std::string bad;
  for (size_t i = 0; i < what.size(); ++i) {
    if (what[i].kind != models::Figure::loss || std::isfinite(values[i])) continue;
    std::string name = what[i].name;
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    bad += str(bad.empty() ? "" : ", ", name, " is ", values[i]);
  }
  return bad;
}

std::string explain_losses(const models::Objective& objective, const models::Batch& batch,
                           const std::string& losses) {
  const BadTensor weight = first_nonfinite(objective.weights().weights);
  if (!weight.name.empty()) return losses + "; not finite: the weight " + describe(weight);
  const Norm pictures = autograd::norm(batch.images.view({batch.images.elements()}));
  if (pictures.nonfinite > 0)
    return losses +
           "; not finite: " + describe({"images", pictures.nonfinite, batch.images.elements()}) +
           " of the batch";
  return losses + "; the weights and the pictures are finite: a value overflowed on the way";
}

// Empty when all is finite. values[i]: the objective's figures of batch i.
std::string problem_of(const models::Objective& objective,
                       const std::vector<models::Batch>& batches,
                       const std::vector<std::vector<double>>& values, const Norm& gradient) {
  const std::vector<models::Figure> what = objective.figures();
  for (size_t i = 0; i < batches.size(); ++i) {
    const std::string losses = bad_losses(what, values[i]);
    if (losses.empty()) continue;
    const std::string which =
        batches.size() == 1 ? "" : str("batch ", i + 1, " of ", batches.size(), ": ");
    return which + explain_losses(objective, batches[i], losses);
  }
  if (gradient.nonfinite == 0) return "";
  return "not finite: the gradient of " + describe(first_nonfinite(objective.weights().gradients));
}

// Figures of a step from those of its batches, in the order of step_figures().
Figures figures_of(const models::Objective& objective,
                   const std::vector<std::vector<double>>& values, double gradient_norm,
                   double lr) {
  FigureSums batches(objective.figures());
  for (const std::vector<double>& batch : values) batches.add(batch);
  const Figures means = batches.means();
  Figures step{step_figures(objective), {}};
  auto value = means.values.begin();
  for (const models::Figure& figure : step.what)
    step.values.push_back(figure.name == "gradient_norm" ? gradient_norm
                          : figure.name == "lr"          ? lr
                                                         : *value++);
  return step;
}

}  // namespace

StepOutcome train_step(TrainingState& state, BatchFeed& feed, const StepOptions& options) {
  models::Objective& objective = *state.objective;
  const bool pads = state.device().kind == Device::Cuda && objective.recordable();
  StepOutcome outcome;
  std::vector<models::Batch> batches;
  models::StepPlan plan{.step = state.step, .batches = state.config.accumulate};
  plan.next = [&] {
    const auto [batch, images] = feed.next();
    batches.push_back(batch);
    models::Batch given = batch;
    given.images = state.config.precision == "f64" ? images.to(DType::f64) : images;
    if (pads)
      given.text = models::pad(batch.text, state.config.model.max_tokens, objective.given());
    return given;
  };
  plan.gradients = [&](const models::Batch& batch, double share) {
    const models::BatchResult result =
        options.graph && pads
            ? options.graph->add_gradients(objective, batch, share)
            : models::add_gradients(objective, models::to(batch, state.device()), share);
    feed.release();
    return result;
  };
  plan.update = [&](const std::vector<models::BatchResult>& results) {
    if (options.after_backward) options.after_backward(objective);
    state.is_whole = false;
    const autograd::SquaredNorm squared = state.optimizers.step(options.lr);
    if (!options.last) feed.prefetch();
    std::vector<std::vector<double>> values;
    for (const models::BatchResult& result : results) values.push_back(objective.read(result));
    const Norm gradient = on_host(squared);
    outcome.problem = problem_of(objective, batches, values, gradient);
    if (!outcome.problem.empty()) {
      state.optimizers.take_back();
      outcome.batches = std::move(batches);
      return false;
    }
    outcome.figures = figures_of(objective, values, gradient.value, options.lr);
    return true;
  };
  models::take_step(objective, plan);
  state.is_whole = true;
  return outcome;
}

}  // namespace medley::train
