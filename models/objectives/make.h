// Objectives by name, over a new model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/config.h"
#include "models/objectives/objective.h"

namespace medley::models {

// pretrain, retrieval, caption, vqa, nlvr.
std::vector<std::string> objective_names();

struct NewObjective {
  ModelConfig model;
  LossConfig losses;
  int64_t given = 1;  // caption: tokens that are not asked for, [CLS] and the prompt
  SpecialTokens tokens;
  DType dtype = DType::f32;
  Device device;  // Meta: to ask what it is, without weights
  uint64_t seed = 0;
};
// Throws ConfigError with the nearest name for any other.
std::unique_ptr<Objective> make_objective(const std::string& name, const NewObjective& how);

}  // namespace medley::models
