// Reads captions from left to right.
#include "train/data/scene_request.h"

#include <algorithm>
#include <sstream>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"
#include "models/text/tokenizer.h"

namespace medley::train {
namespace {

constexpr const char* kGrammar =
    "ask for one thing (\"a cat\") or for two: \"a cat left of an owl\", or above, right of, below";

int concept_of(const std::string& name) {
  const auto found = std::find(kConcepts.begin(), kConcepts.end(), name);
  if (found != kConcepts.end()) return static_cast<int>(found - kConcepts.begin());
  std::string names;
  for (const std::string& known : nearest_first(name, {kConcepts.begin(), kConcepts.end()}))
    names += (names.empty() ? "" : ", ") + known;
  throw ValueError(str("there is no drawing of '", name, "'"), "there are: " + names);
}

class Reader {
 public:
  explicit Reader(const std::string& caption) : caption_(caption) {
    std::istringstream in(models::clean_caption(caption));
    for (std::string word; in >> word;) words_.push_back(word);
  }

  bool at_end() const { return at_ == words_.size(); }

  int thing() {
    for (const char* article : {"a", "an", "the"})
      if (take(article)) break;
    if (at_end()) throw refusal();
    return concept_of(words_[at_++]);
  }

  // "left of": left_of; `turned` for "right of" and "below".
  Relation relation(bool& turned) {
    const bool right = take("right");
    if (right || take("left")) {
      if (!take("of")) throw refusal();
      turned = right;
      return Relation::left_of;
    }
    turned = take("below");
    if (!turned && !take("above")) throw refusal();
    return Relation::above;
  }

  ValueError refusal() const {
    return ValueError(str("'", caption_, "' is no caption of a scene"), kGrammar);
  }

 private:
  bool take(const char* word) {
    if (at_end() || words_[at_] != word) return false;
    ++at_;
    return true;
  }

  std::string caption_;
  std::vector<std::string> words_;
  size_t at_ = 0;
};

}  // namespace

SceneRequest read_scene(const std::string& caption) {
  Reader reader(caption);
  SceneRequest request{.first = reader.thing()};
  if (reader.at_end()) return request;
  bool turned = false;
  request.relation = reader.relation(turned);
  request.second = reader.thing();
  if (!reader.at_end()) throw reader.refusal();
  if (request.first == request.second)
    throw ValueError(str("'", caption, "' asks for one thing twice: scenes show different ones"),
                     kGrammar);
  if (turned) std::swap(request.first, request.second);
  return request;
}

ScenePlan plan_request(const SceneRequest& request, uint64_t seed, int artist) {
  Random random(seed, Purpose::scene);
  ScenePlan plan =
      request.relation == Relation::none
          ? arrange(SceneSplit::val, request.first, random)
          : arrange(SceneSplit::val, request.first, request.relation, request.second, random);
  if (artist >= 0)
    for (PlacedDrawing& drawing : plan.drawings) drawing.artist = artist;
  return plan;
}

}  // namespace medley::train
