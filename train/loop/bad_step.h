// Keeps what a skipped step was given.
#pragma once

#include <string>
#include <vector>

#include "models/batch.h"

namespace medley::train {

// The batches one behind the other as <folder>/bad-step-<step>.safetensors, to look at and to run
// again: images [B, 3, S, S], ids [tokens], lengths [B], caption [B], samples [B]. Returns the
// path. Throws IoError.
std::string save_bad_step(const std::string& folder, int64_t step,
                          const std::vector<models::Batch>& batches);

}  // namespace medley::train
