// The templates of questions.
#include "train/data/tasks/scene_questions.h"

#include <algorithm>

#include "core/str.h"

namespace medley::train {
namespace {

constexpr double kSingles = 0.2;      // scenes of one thing
constexpr double kCountPairs = 0.25;  // pairs that are counted: about as many as there are singles
constexpr uint32_t kUseSingles = 2;   // of scene_random: 0 draws the plan, 1 the pixels
constexpr std::array<const char*, 4> kPlaces{"left", "right", "top", "bottom"};  // by Side

std::string name(int concept_id) { return kConcepts[static_cast<size_t>(concept_id)]; }

template <size_t n>
const char* word(const std::array<const char*, n>& words, Side side) {
  return words[static_cast<size_t>(side)];
}

int absent_concept(const ScenePlan& plan, Random& random) {
  for (;;) {
    const auto candidate = static_cast<int>(random.below(kConceptCount));
    if (std::none_of(plan.drawings.begin(), plan.drawings.end(),
                     [&](const PlacedDrawing& d) { return d.concept_id == candidate; }))
      return candidate;
  }
}

Question is_there(int concept_id, bool yes) {
  return {str("is there ", with_article(concept_id), "?"), yes ? "yes" : "no"};
}

Question is_placed(int first, Side side, int second, bool yes) {
  return {str("is the ", name(first), " ", word(kSideWords, side), " the ", name(second), "?"),
          yes ? "yes" : "no"};
}

// What makes sense for two things alone.
void ask_about_places(const ScenePlan& pair, Random& random, std::vector<Question>& questions) {
  const int first = pair.drawings[0].concept_id, second = pair.drawings[1].concept_id;
  const Side side = side_of_first(pair);
  auto what_is = [&](Side of, int other, int answer) {
    questions.push_back(
        {str("what is ", word(kSideWords, of), " the ", name(other), "?"), name(answer)});
  };
  what_is(side, second, first);
  what_is(opposite(side), first, second);
  questions.push_back({str("where is the ", name(first), "?"), word(kPlaces, side)});
  questions.push_back({str("where is the ", name(second), "?"), word(kPlaces, opposite(side))});

  const bool turned = random.below(2) == 0;  // right of, below
  const int subject = turned ? second : first, object = turned ? first : second;
  const Side truth = turned ? opposite(side) : side;
  questions.push_back(is_placed(subject, truth, object, true));
  // A near miss: the two exchanged, or the same two in the other direction.
  if (random.below(2) == 0)
    questions.push_back(is_placed(object, truth, subject, false));
  else
    questions.push_back(
        is_placed(subject, static_cast<Side>((static_cast<int>(truth) + 2) % 4), object, false));
}

}  // namespace

ScenePlan plan_task_scene(SceneSplit split, uint64_t seed, uint64_t index) {
  ScenePlan plan = plan_scene(split, seed, index);
  if (split == SceneSplit::train || split == SceneSplit::test_pair) return plan;
  Random random = scene_random(split, seed, index, kUseSingles);
  if (random.uniform() >= kSingles) return plan;
  // In test_drawing the thing that stays is one whose drawing is held out.
  const bool first = split == SceneSplit::test_drawing
                         ? held_out_artist(plan.drawings[0].concept_id) >= 0
                         : random.below(2) == 0;
  return {{plan.drawings[first ? 0 : 1]}, Relation::none};
}

Side opposite(Side side) { return static_cast<Side>(static_cast<int>(side) ^ 1); }

Side side_of_first(const ScenePlan& pair) {
  return pair.relation == Relation::left_of ? Side::left : Side::above;
}

std::vector<Question> ask_about(const ScenePlan& plan, SceneSplit split, Random& random) {
  const bool pair = plan.drawings.size() == 2;
  const PlacedDrawing& one =
      plan.drawings[random.below(static_cast<uint32_t>(plan.drawings.size()))];
  std::vector<Question> questions = {is_there(one.concept_id, true),
                                     is_there(absent_concept(plan, random), false)};
  if (!pair || (split != SceneSplit::test_pair && random.uniform() < kCountPairs))
    questions.push_back({"how many things are there?", pair ? "two" : "one"});
  if (pair)
    ask_about_places(plan, random, questions);
  else
    questions.push_back({"what is this?", name(one.concept_id)});
  return questions;
}

}  // namespace medley::train
