// Questions about scenes, each with the one answer that is right: templates, filled from a scene's
// plan. docs/tasks.md lists them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "train/data/scene_rules.h"

namespace medley::train {

// plan_scene, but in val, test_seen and test_drawing a fifth of the scenes shows only one of its
// two things, as in train: otherwise counting would have one answer. Scenes of test_pair are pairs.
ScenePlan plan_task_scene(SceneSplit split, uint64_t seed, uint64_t index);

// Where one thing is, seen from another.
enum class Side : uint8_t { left, right, above, below };
inline constexpr std::array<const char*, 4> kSideWords{"left of", "right of", "above", "below"};
Side opposite(Side side);
// Where the first thing of a pair is, seen from the second.
Side side_of_first(const ScenePlan& pair);

struct Question {
  std::string text, answer;
};

// About a scene of a split. As many are right with "yes" as with "no"; in test_pair nothing is
// counted.
std::vector<Question> ask_about(const ScenePlan& plan, SceneSplit split, Random& random);

}  // namespace medley::train
