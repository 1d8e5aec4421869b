// Scenes as a data set: a plan from the rules, drawings pasted by it.
#include "core/error.h"
#include "core/str.h"
#include "train/data/dataset.h"
#include "train/data/scene_drawings.h"
#include "train/data/scene_rules.h"
#include "train/io/checksum.h"

namespace medley::train {
namespace {

class Scenes : public Dataset {
 public:
  Scenes(const std::string& folder, const std::string& split, int64_t count, int64_t side,
         uint64_t seed, const SceneJitter& jitter)
      : split_(scene_split(split)),
        count_(count),
        seed_(seed),
        jitter_(jitter),
        changed_(split_ == SceneSplit::train && jitter.any()),
        drawings_(folder, side) {
    if (count < 1) throw ConfigError(str("a data set of ", count, " scenes has nothing to show"));
  }

  int64_t size() const override { return count_; }

  int64_t pictures() const override { return count_; }

  Row row(int64_t index) const override {
    Row row;
    row.text = plan_at(index).caption();
    row.pictures = {index};
    return row;
  }

  std::string picture_name(int64_t number) const override {
    return str(kSceneSplits[static_cast<size_t>(split_)], "/", number);
  }

  // A function of these.
  uint64_t checksum() const override {
    Checksum sum;
    for (const auto number : {static_cast<uint64_t>(split_), static_cast<uint64_t>(count_), seed_})
      sum.add_number(number);
    return sum.value();
  }

  std::shared_ptr<const Image> picture(int64_t index) const override {
    const ScenePlan plan = plan_at(index);
    // Numbers of its own: with and without changes, scene i shows the same drawings.
    Random random = scene_random(split_, seed_, static_cast<uint64_t>(index), 1);
    return std::make_shared<const Image>(changed_ ? drawings_.draw_changed(plan, jitter_, random)
                                                  : drawings_.draw(plan));
  }

 private:
  ScenePlan plan_at(int64_t index) const {
    if (index < 0 || index >= count_)
      throw ValueError(str("[scenes] scene ", index, " of ", count_));
    return plan_scene(split_, seed_, static_cast<uint64_t>(index));
  }

  SceneSplit split_;
  int64_t count_;
  uint64_t seed_;
  SceneJitter jitter_;
  bool changed_;
  SceneDrawings drawings_;
};

}  // namespace

std::unique_ptr<Dataset> open_scenes(const std::string& folder, const std::string& split,
                                     int64_t count, int64_t side, uint64_t seed,
                                     const SceneJitter& jitter) {
  return std::make_unique<Scenes>(folder, split, count, side, seed, jitter);
}

}  // namespace medley::train
