// Questions and statements about scenes: what each text says is read again from the words, and
// worked out from where the drawings are, not from what the templates know.
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "tests/train/data_support.h"
#include "train/data/tasks/scene_questions.h"
#include "train/data/tasks/scene_statements.h"

namespace medley::train {
namespace {

constexpr uint64_t kScenes = 1000;
constexpr SceneSplit kSplits[] = {SceneSplit::train, SceneSplit::val, SceneSplit::test_seen,
                                  SceneSplit::test_pair, SceneSplit::test_drawing};

std::string name_of(const PlacedDrawing& drawing) {
  return kConcepts[static_cast<size_t>(drawing.concept_id)];
}

std::optional<PlacedDrawing> find(const ScenePlan& plan, const std::string& name) {
  for (const PlacedDrawing& drawing : plan.drawings)
    if (name_of(drawing) == name) return drawing;
  return std::nullopt;
}

// Two drawings are side by side, or one above the other: along one axis they are far apart.
bool is_placed(const PlacedDrawing& a, const std::string& words, const PlacedDrawing& b) {
  const double x = b.x - a.x, y = b.y - a.y;
  if (words == "left of") return x > 0.3;
  if (words == "right of") return x < -0.3;
  if (words == "above") return y > 0.3;
  if (words == "below") return y < -0.3;
  FAIL("no such words: " << words);
  return false;
}

bool is_placed(const ScenePlan& plan, const std::string& a, const std::string& words,
               const std::string& b) {
  const auto first = find(plan, a), second = find(plan, b);
  return first && second && is_placed(*first, words, *second);
}

const std::string kSide = "(left of|right of|above|below)";

std::string answer_of(const ScenePlan& plan, const std::string& question) {
  static const std::regex is_there("is there an? (\\w+)\\?"), where("where is the (\\w+)\\?"),
      what("what is " + kSide + " the (\\w+)\\?"), is("is the (\\w+) " + kSide + " the (\\w+)\\?");
  auto yes = [](bool truth) { return std::string(truth ? "yes" : "no"); };
  std::smatch m;
  if (question == "how many things are there?") return plan.drawings.size() == 1 ? "one" : "two";
  if (question == "what is this?")
    return plan.drawings.size() == 1 ? name_of(plan.drawings[0]) : "unclear";
  if (std::regex_match(question, m, is_there)) return yes(find(plan, m[1]).has_value());
  if (std::regex_match(question, m, is))
    return find(plan, m[1]) && find(plan, m[3]) ? yes(is_placed(plan, m[1], m[2], m[3]))
                                                : "unclear";
  std::vector<std::string> answers;
  if (std::regex_match(question, m, what)) {
    for (const PlacedDrawing& drawing : plan.drawings)
      if (is_placed(plan, name_of(drawing), m[1], m[2])) answers.push_back(name_of(drawing));
  } else if (std::regex_match(question, m, where)) {
    for (const auto& [words, place] : std::map<std::string, std::string>{
             {"left of", "left"}, {"right of", "right"}, {"above", "top"}, {"below", "bottom"}})
      for (const PlacedDrawing& other : plan.drawings)
        if (is_placed(plan, m[1], words, name_of(other))) answers.push_back(place);
  }
  return answers.size() == 1 ? answers[0] : "unclear";
}

bool is_true(const ScenePlan& left, const ScenePlan& right, const std::string& sentence) {
  static const std::regex has("the (left|right) picture has an? (\\w+)"),
      both("both pictures have an? (\\w+)"), count("there are (two|three|four) things in all"),
      placed("an? (\\w+) is " + kSide + " an? (\\w+) in the (left|right) picture");
  std::smatch m;
  if (std::regex_match(sentence, m, has))
    return find(m[1] == "left" ? left : right, m[2]).has_value();
  if (std::regex_match(sentence, m, both)) return find(left, m[1]) && find(right, m[1]);
  if (std::regex_match(sentence, m, count))
    return left.drawings.size() + right.drawings.size() == (m[1] == "two"     ? 2u
                                                            : m[1] == "three" ? 3u
                                                                              : 4u);
  if (std::regex_match(sentence, m, placed))
    return is_placed(m[4] == "left" ? left : right, m[1], m[2], m[3]);
  FAIL("nobody can read: " << sentence);
  return false;
}

// The sentence with names, sides and numbers taken out.
std::string form_of(const std::string& sentence) {
  static const std::regex words(
      "\\b(an? \\w+|left of|right of|above|below|left|right|two|three|four)\\b");
  return std::regex_replace(sentence, words, "_");
}

TEST_CASE("every question about a scene has the answer that its drawings give") {
  for (const SceneSplit split : kSplits) {
    CAPTURE(static_cast<int>(split));
    std::map<std::string, int> answers;
    for (uint64_t i = 0; i < kScenes; ++i) {
      const ScenePlan plan = plan_task_scene(split, 3, i);
      Random random = scene_random(split, 3, i, 4);
      int yes = 0, no = 0;
      std::set<std::string> texts;
      for (const Question& question : ask_about(plan, split, random)) {
        CAPTURE(plan.caption(), question.text);
        REQUIRE(question.answer == answer_of(plan, question.text));
        texts.insert(question.text);
        ++answers[question.answer];
        yes += question.answer == "yes";
        no += question.answer == "no";
      }
      REQUIRE(yes == no);
      REQUIRE(texts.size() >= (plan.drawings.size() == 2 ? 8 : 4));
    }
    CHECK(answers["left"] == answers["right"]);
    CHECK(answers["top"] == answers["bottom"]);
    if (split == SceneSplit::test_pair)
      CHECK(answers["one"] + answers["two"] == 0);
    else
      CHECK(answers["one"] / double(answers["two"]) == Approx(1).margin(0.25));
  }
}

TEST_CASE("of each two scenes one statement is true, and one of the same form is false") {
  for (const SceneSplit split : kSplits) {
    CAPTURE(static_cast<int>(split));
    std::vector<ScenePlan> plans;
    for (uint64_t i = 0; i < 400; ++i) plans.push_back(plan_task_scene(split, 3, i));
    std::map<std::string, int> forms, true_numbers, false_numbers;
    for (uint64_t i = 0; i < kScenes; ++i) {
      const StatementPair pair = state_about(plans, split, 3, i);
      CAPTURE(plans[pair.left].caption(), plans[pair.right].caption(), pair.truth, pair.falsehood);
      REQUIRE(pair.left != pair.right);
      REQUIRE(is_true(plans[pair.left], plans[pair.right], pair.truth));
      REQUIRE_FALSE(is_true(plans[pair.left], plans[pair.right], pair.falsehood));
      REQUIRE(form_of(pair.truth) == form_of(pair.falsehood));
      ++forms[form_of(pair.truth)];
      if (pair.truth.starts_with("there are")) {
        ++true_numbers[pair.truth];
        ++false_numbers[pair.falsehood];
      }
    }
    CHECK(forms.size() == (split == SceneSplit::test_pair ? 3 : 4));
    for (const auto& [text, times] : true_numbers)  // the number by itself tells nothing
      CHECK(false_numbers[text] / double(times) == Approx(1).margin(0.5));
  }
}

TEST_CASE("words about scenes keep to the pairs of their split, as the pictures do") {
  const std::regex placed("an? (\\w+) is " + kSide + " an? (\\w+) in .*");
  for (const SceneSplit split : kSplits) {
    std::vector<ScenePlan> plans;
    for (uint64_t i = 0; i < 400; ++i) plans.push_back(plan_task_scene(split, 3, i));
    int named = 0;
    for (uint64_t i = 0; i < kScenes; ++i) {
      const StatementPair pair = state_about(plans, split, 3, i);
      for (const std::string& text : {pair.truth, pair.falsehood}) {
        std::smatch m;
        if (!std::regex_match(text, m, placed)) continue;
        auto id = [](const std::string& name) {
          return static_cast<int>(std::find(kConcepts.begin(), kConcepts.end(), name) -
                                  kConcepts.begin());
        };
        REQUIRE(is_held_out_pair(id(m[1]), id(m[3])) == (split == SceneSplit::test_pair));
        ++named;
      }
    }
    CHECK(named >= 500);
  }
}

TEST_CASE("a fifth of the scenes of tasks shows one thing, and splits show what they may") {
  for (const SceneSplit split : kSplits) {
    CAPTURE(static_cast<int>(split));
    int singles = 0;
    for (uint64_t i = 0; i < kScenes; ++i) {
      const ScenePlan plan = plan_task_scene(split, 3, i);
      int held = 0;
      for (const PlacedDrawing& d : plan.drawings)
        held += d.artist == held_out_artist(d.concept_id);
      REQUIRE((held > 0) == (split == SceneSplit::test_drawing));
      const bool pair = plan.drawings.size() == 2;
      singles += !pair;
      REQUIRE(pair == (plan.relation != Relation::none));
      if (pair)
        REQUIRE(is_held_out_pair(plan.drawings[0].concept_id, plan.drawings[1].concept_id) ==
                (split == SceneSplit::test_pair));
    }
    if (split == SceneSplit::test_pair)
      CHECK(singles == 0);
    else
      CHECK(singles / double(kScenes) == Approx(0.2).margin(0.04));
  }
}

TEST_CASE("too few scenes for a statement are refused") {
  const std::vector<ScenePlan> one = {plan_task_scene(SceneSplit::train, 1, 0)};
  CHECK_THROWS_AS(state_about(one, SceneSplit::train, 1, 0), ValueError);
}

}  // namespace
}  // namespace medley::train
