// Learning rates. Pure functions of the step: a resumed run needs nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/config/config.h"

namespace medley::train {

// Rate of step `step` (from 0) of `steps`. A pass is one over the data.
//   constant         linear warm-up, then lr
//   linear           linear warm-up, times a line from 1 to 0 over the whole run
//   cosine           linear warm-up, times a half cosine from 1 to 0.01 over the whole run
//   paper            in the first pass a linear warm-up from 1e-6 to lr, capped at lr; from then on
//                    max(1e-6, lr * 0.9^pass), constant within a pass
//                    (BLIP, section 4.1 and its published training script)
//   cosine_by_pass   lr * 0.5 * (1 + cos(pi * pass / passes)), constant within a pass, without
//                    warm-up (the published fine-tuning scripts)
double learning_rate(const OptimizerConfig& config, int64_t step, int64_t steps,
                     int64_t steps_per_pass);

}  // namespace medley::train
