// Statements about two scenes, true or false. docs/tasks.md lists the templates.
#pragma once

#include <string>
#include <vector>

#include "train/data/scene_rules.h"

namespace medley::train {

// Of two scenes of `plans`, by their numbers. The false one is a near miss: of the same form and
// about things that the pictures show, but for one concept in some of those about places.
struct StatementPair {
  size_t left, right;
  std::string truth, falsehood;
};

// Pair `index` of a split; the forms take turns. Throws ValueError when the plans have no two
// scenes that such a statement fits: a hundred of them always do.
StatementPair state_about(const std::vector<ScenePlan>& plans, SceneSplit split, uint64_t seed,
                          uint64_t index);

}  // namespace medley::train
