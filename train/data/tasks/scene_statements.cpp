// The templates of statements, and the search for scenes that one fits.
#include "train/data/tasks/scene_statements.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "core/error.h"
#include "core/str.h"
#include "train/data/tasks/scene_questions.h"

namespace medley::train {
namespace {

constexpr uint32_t kUseStatements = 3;  // of scene_random
constexpr std::array<const char*, 2> kPictures{"left", "right"};
constexpr std::array<const char*, 5> kNumbers{"no", "one", "two", "three", "four"};

// Concepts of `plan` that `other` shows too, or does not show.
std::vector<int> concepts(const ScenePlan& plan, bool shared, const ScenePlan& other) {
  std::vector<int> found;
  for (const PlacedDrawing& d : plan.drawings)
    if (other.shows(d.concept_id) == shared) found.push_back(d.concept_id);
  return found;
}

struct Placement {
  int subject;
  Side side;
  int object;

  bool holds(const ScenePlan& plan) const {
    if (plan.relation == Relation::none) return false;
    const int first = plan.drawings[0].concept_id, second = plan.drawings[1].concept_id;
    return side == side_of_first(plan)
               ? subject == first && object == second
               : side == opposite(side_of_first(plan)) && subject == second && object == first;
  }
};

class Writer {
 public:
  Writer(const std::vector<ScenePlan>& plans, SceneSplit split, Random random)
      : plans_(plans), split_(split), random_(random) {}

  StatementPair has() {
    const size_t left = find([](const ScenePlan&) { return true; });
    const size_t right = find_other(left, [&](const ScenePlan& plan) {
      return !concepts(plan, false, plans_[left]).empty() ||
             !concepts(plans_[left], false, plan).empty();
    });
    const Chosen chosen = choose_unshared(left, right);
    auto text = [&](size_t picture) {
      return str("the ", kPictures[picture], " picture has ", with_article(chosen.concept_id));
    };
    return {left, right, text(chosen.picture), text(1 - chosen.picture)};
  }

  StatementPair both() {
    const size_t left = find([](const ScenePlan&) { return true; });
    const size_t right = find_other(left, [&](const ScenePlan& plan) {
      return concepts(plan, true, plans_[left]).size() == 1 &&
             plan.drawings.size() + plans_[left].drawings.size() > 2;
    });
    auto text = [](int concept_id) { return "both pictures have " + with_article(concept_id); };
    return {left, right, text(concepts(plans_[left], true, plans_[right])[0]),
            text(choose_unshared(left, right).concept_id)};
  }

  StatementPair count() {
    const size_t total = 2 + random_.below(3);
    const size_t of_left = total == 3 ? 1 + random_.below(2) : total / 2;
    const size_t left = find([&](const ScenePlan& p) { return p.drawings.size() == of_left; });
    const size_t right =
        find_other(left, [&](const ScenePlan& p) { return p.drawings.size() == total - of_left; });
    auto text = [](size_t n) { return str("there are ", kNumbers[n], " things in all"); };
    return {left, right, text(total), text(2 + (total - 2 + 1 + random_.below(2)) % 3)};
  }

  StatementPair placed() {
    const size_t shown = find([](const ScenePlan& p) { return p.relation != Relation::none; });
    const size_t other = find_other(shown, [](const ScenePlan&) { return true; });
    const size_t picture = random_.below(2);  // the one that is spoken of
    const ScenePlan& plan = plans_[shown];
    Placement truth{plan.drawings[0].concept_id, side_of_first(plan), plan.drawings[1].concept_id};
    if (random_.below(2) == 0) truth = {truth.object, opposite(truth.side), truth.subject};

    auto text = [](const Placement& p, size_t where) {
      return str(with_article(p.subject), " is ", kSideWords[static_cast<size_t>(p.side)], " ",
                 with_article(p.object), " in the ", kPictures[where], " picture");
    };
    StatementPair pair{picture == 0 ? shown : other, picture == 0 ? other : shown,
                       text(truth, picture), ""};
    while (pair.falsehood.empty()) {
      const uint32_t miss = random_.below(4);
      if (miss == 0) {
        if (!truth.holds(plans_[other])) pair.falsehood = text(truth, 1 - picture);
      } else if (const Placement wrong = missed(truth, miss, plans_[other]);
                 !wrong.holds(plan) && allowed(wrong)) {
        pair.falsehood = text(wrong, picture);
      }
    }
    return pair;
  }

 private:
  struct Chosen {
    size_t picture;  // 0: the left one shows it
    int concept_id;
  };

  size_t find(const std::function<bool(const ScenePlan&)>& fits) {
    return find_other(plans_.size(), fits);
  }
  // From a place that is drawn on, so that each scene has its turn.
  size_t find_other(size_t than, const std::function<bool(const ScenePlan&)>& fits) {
    const size_t start = random_.below(static_cast<uint32_t>(plans_.size()));
    for (size_t i = 0; i < plans_.size(); ++i) {
      const size_t at = (start + i) % plans_.size();
      if (at != than && fits(plans_[at])) return at;
    }
    throw ValueError(str("[scenes] none of ", plans_.size(), " scenes fits a statement"));
  }

  int one_of(const std::vector<int>& list) {
    return list[random_.below(static_cast<uint32_t>(list.size()))];
  }

  // A concept that one of the pictures shows, and not the other.
  Chosen choose_unshared(size_t left, size_t right) {
    const std::vector<int> of_left = concepts(plans_[left], false, plans_[right]);
    const std::vector<int> of_right = concepts(plans_[right], false, plans_[left]);
    const bool from_left = of_right.empty() || (!of_left.empty() && random_.below(2) == 0);
    return from_left ? Chosen{0, one_of(of_left)} : Chosen{1, one_of(of_right)};
  }

  Placement missed(Placement p, uint32_t miss, const ScenePlan& other) {
    if (miss == 1) return {p.object, p.side, p.subject};
    if (miss == 2)
      return {p.subject, static_cast<Side>((static_cast<int>(p.side) + 2) % 4), p.object};
    const auto at = random_.below(static_cast<uint32_t>(other.drawings.size()));
    (random_.below(2) == 0 ? p.subject : p.object) = other.drawings[at].concept_id;
    return p;
  }

  // Words keep to the rule that pictures keep to: a pair that is held out is named in test_pair
  // only, and no other there.
  bool allowed(const Placement& p) const {
    return p.subject != p.object &&
           is_held_out_pair(p.subject, p.object) == (split_ == SceneSplit::test_pair);
  }

  const std::vector<ScenePlan>& plans_;
  SceneSplit split_;
  Random random_;
};

}  // namespace

StatementPair state_about(const std::vector<ScenePlan>& plans, SceneSplit split, uint64_t seed,
                          uint64_t index) {
  Writer writer(plans, split, scene_random(split, seed, index, kUseStatements));
  // Scenes of test_pair all show two things: counting them would have one answer.
  switch (index % (split == SceneSplit::test_pair ? 3 : 4)) {
    case 0:
      return writer.has();
    case 1:
      return writer.both();
    case 2:
      return writer.placed();
    default:
      return writer.count();
  }
}

}  // namespace medley::train
