// Checkpoints of a few bytes for tests of the folder's safety.
#pragma once

#include "core/tensor.h"
#include "train/checkpoint/folder.h"

namespace medley::train {

// Different contents for each step.
inline std::vector<CheckpointFile> small_files(int64_t step) {
  Tensor weights = Tensor::from(std::vector<float>(50, static_cast<float>(step)), {50});
  Tensor moments = Tensor::from(std::vector<double>{1.5, -static_cast<double>(step)}, {2});
  return {{"model.safetensors", {{"weights", weights}}, {}},
          {"optimizer.safetensors", {{"moments", moments}}, {}},
          {"state.json", {}, "{\"step\":" + std::to_string(step) + "}\n"}};
}

inline float saved_value(const std::string& checkpoint) {
  models::SafetensorsFile file(checkpoint + "/model.safetensors");
  return file.read("weights").to_vector<float>()[0];
}

}  // namespace medley::train
