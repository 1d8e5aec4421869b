// Compares with chance.
#include <utility>

#include "core/str.h"
#include "train/loop/trainer.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

constexpr double kNear = 0.97;  // of chance: what a loss must fall below to have begun
constexpr double kCollapsed = 0.02;
constexpr int64_t kEarly = 1000;  // a temperature may be that low later

}  // namespace

LossWatch::LossWatch(std::vector<models::LossInfo> losses, int64_t begin) {
  for (models::LossInfo& loss : losses)
    if (loss.chance) losses_.push_back({std::move(loss), begin});
}

std::vector<std::string> LossWatch::look(int64_t step, const Figures& means) {
  std::vector<std::string> wrong;
  for (Watched& watched : losses_) {
    const models::LossInfo& loss = watched.loss;
    if (means.at(loss.name) < kNear * *loss.chance) watched.since = step;
    if (watched.told || step - watched.since < loss.plateau) continue;
    watched.told = true;
    wrong.push_back(
        str(loss.name, " has been at what guessing gives (", fixed(*loss.chance, 3),
            loss.chance_formula.empty() ? "" : " = " + loss.chance_formula, ") for ",
            step - watched.since,
            " steps\n  hint: starting weights (model.init_std), the "
            "queue and the rate decide whether a loss begins to fall: docs/recipes.md"));
  }
  for (size_t i = 0; i < means.what.size() && !temperature_told_; ++i) {
    if (means.what[i].name != "temperature" || means.values[i] >= kCollapsed || step >= kEarly)
      continue;
    temperature_told_ = true;
    wrong.push_back(str("the temperature is ", fixed(means.values[i], 3), " after ", step,
                        " steps: it collapses\n  hint: a lower train.temperature_lr, such as 0.02 "
                        "(docs/recipes.md)"));
  }
  return wrong;
}

}  // namespace medley::train
