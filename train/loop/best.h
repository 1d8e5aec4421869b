// Which of a run's evaluations is the best one: the checkpoint of that step is kept, and training
// may end when no better one follows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "models/objectives/objective.h"
#include "train/config/config.h"

namespace medley::train {

// The figure that decides, as a path in what evaluation writes: train.metric, else the objective's.
// "cider" is looked up in the group of the objective's own, "t2i.r5" is a whole path. Throws
// ConfigError for one that the objective does not have.
std::vector<std::string> deciding_figure(const TrainConfig& config,
                                         const models::Evaluation& evaluation);

struct Best {
  int64_t step = 0;  // 0: there was no evaluation
  double value = 0;
  int64_t since = 0;  // evaluations after it
};
// Among the evaluations of `split` in a metrics file; of equal ones the first.
Best best_of(const std::vector<Json>& metrics, const std::string& split,
             const std::vector<std::string>& figure);

}  // namespace medley::train
