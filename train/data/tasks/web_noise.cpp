// The draw of what is wrong, and the wrong captions.
#include "train/data/tasks/web_noise.h"

#include <utility>

namespace medley::train {
namespace {

constexpr uint32_t kUseNoise = 5;  // of scene_random
constexpr double kRight = 0.6;

std::string with_other_name(ScenePlan plan, Random& random) {
  PlacedDrawing& changed = plan.drawings[random.below(static_cast<uint32_t>(plan.drawings.size()))];
  int other = 0;
  do {
    other = static_cast<int>(random.below(kConceptCount));
  } while (plan.shows(other));
  changed.concept_id = other;
  return plan.caption();
}

std::string of_other_scene(const std::string& right, uint64_t seed, Random& random) {
  constexpr uint64_t kScenes = 1'000'000'000;
  std::string text;
  do {
    text = plan_scene(SceneSplit::train, seed, random.below(kScenes)).caption();
  } while (text == right);
  return text;
}

}  // namespace

WebCaption web_caption(const ScenePlan& plan, const std::vector<std::string>& uploaders,
                       uint64_t seed, uint64_t index) {
  Random random = scene_random(SceneSplit::train, seed, index, kUseNoise);
  if (random.uniform() < kRight) return {plan.caption(), WebKind::right};
  auto kind = static_cast<WebKind>(1 + random.below(kWebKinds.size() - 1));
  if (kind == WebKind::swapped && plan.drawings.size() == 1) kind = WebKind::other_name;
  switch (kind) {
    case WebKind::swapped: {
      ScenePlan other = plan;
      std::swap(other.drawings[0], other.drawings[1]);
      return {other.caption(), kind};
    }
    case WebKind::other_scene:
      return {of_other_scene(plan.caption(), seed, random), kind};
    case WebKind::web_text:
      return {uploaders.at(random.below(static_cast<uint32_t>(uploaders.size()))), kind};
    default:
      return {with_other_name(plan, random), WebKind::other_name};
  }
}

}  // namespace medley::train
