// Looks at the losses while they are written, for the two signs that a run will not learn
// (docs/recipes.md): a loss that stays where guessing puts it, a temperature that collapses.
#pragma once

#include <string>
#include <vector>

#include "models/objectives/objective.h"
#include "train/loop/metrics.h"

namespace medley::train {

class LossWatch {
 public:
  // Steps before `begin` are not looked at: those of the warm-up, and of an earlier process.
  LossWatch(std::vector<models::LossInfo> losses, int64_t begin);

  // With the means since the last line; what is wrong, each thing once.
  std::vector<std::string> look(int64_t step, const Figures& means);

 private:
  struct Watched {
    models::LossInfo loss;
    int64_t since;  // the step from which on it was at chance
    bool told = false;
  };
  std::vector<Watched> losses_;
  bool temperature_told_ = false;
};

}  // namespace medley::train
