// Questions, statements and captions of scenes, split by split, and the simulated web. Pictures are
// those that pre-training on scenes sees: with its side, and in split `train` with its jitter.
#include <algorithm>
#include <cstdio>
#include <map>

#include "core/error.h"
#include "core/str.h"
#include "train/config/config.h"
#include "train/data/encode_png.h"
#include "train/data/scene_drawings.h"
#include "train/data/tasks/make.h"
#include "train/data/tasks/scene_questions.h"
#include "train/data/tasks/scene_statements.h"
#include "train/data/tasks/web_noise.h"

namespace medley::train {
namespace {

constexpr int64_t kLeastPlans = 100;  // what every statement finds its scenes among
constexpr uint32_t kUsePixels = 1;    // of scene_random, as open_scenes has it
constexpr uint32_t kUseQuestions = 4;
constexpr int64_t kCleanPairs = 2'000;  // beside those of the simulated web

class SceneSource {
 public:
  SceneSource(uint64_t seed, const std::string& data, TaskFolder& folder)
      : seed_(seed),
        data_(data),
        folder_(folder),
        config_(load_config("scenes")),
        drawings_(data, config_.model.image_size) {}

  void captions(SceneSplit split, int64_t rows) {
    for (int64_t i = 0; i < rows; ++i) {
      const ScenePlan plan = plan_scene(split, seed_, static_cast<uint64_t>(i));
      add_caption(name_of(split), split, i, plan, plan.caption());
    }
  }

  // Pairs of the simulated web, of scenes as training has them: web.json, with what is wrong with
  // each in web_labels.json and what would be right in web_truth.json; and right pairs of other
  // scenes in clean.json. Drawings are unchanged: jitter would be a second kind of noise.
  void web(SceneSplit, int64_t rows) {
    config_.jitter = {};
    std::vector<std::string> uploaders;
    const Json typed = Json::read(data_ + "/web.json");
    for (const Json& row : typed.items()) uploaders.push_back(row.at("caption").text());
    const auto plan_at = [&](int64_t i) {
      return plan_scene(SceneSplit::train, seed_, static_cast<uint64_t>(i));
    };
    for (int64_t i = 0; i < kCleanPairs; ++i) {
      const ScenePlan plan = plan_at(i);
      add_caption("clean", SceneSplit::train, i, plan, plan.caption());
    }
    folder_.end_list("clean");
    Json labels = Json::object(), truth = Json::array();
    for (int64_t i = kCleanPairs; i < kCleanPairs + rows; ++i) {
      const ScenePlan plan = plan_at(i);
      const WebCaption web = web_caption(plan, uploaders, seed_, static_cast<uint64_t>(i));
      const std::string picture = add_caption("web", SceneSplit::train, i, plan, web.text);
      labels.set(picture, kWebKinds[static_cast<size_t>(web.kind)]);
      truth.push(Json::object().set("image", picture).set("caption", plan.caption()));
    }
    folder_.add_text("web_labels.json", labels.dump(0) + "\n");
    folder_.add_text("web_truth.json", truth.dump(0) + "\n");
  }

  void questions(SceneSplit split, int64_t rows) {
    for (int64_t i = 0; folder_.rows() < rows; ++i) {
      const auto index = static_cast<uint64_t>(i);
      const ScenePlan plan = plan_task_scene(split, seed_, index);
      Random random = scene_random(split, seed_, index, kUseQuestions);
      const std::string picture = add_picture(name_of(split), split, i, plan);
      for (const Question& question : ask_about(plan, split, random))
        if (folder_.rows() < rows)
          folder_.add_row(Json::object()
                              .set("image", picture)
                              .set("question", question.text)
                              .set("answer", Json::array().push(question.answer))
                              .set("question_id", next_question_++),
                          {picture}, question.answer);
    }
  }

  void statements(SceneSplit split, int64_t rows) {
    std::vector<ScenePlan> plans;
    for (int64_t i = 0; i < std::max(rows / 2, kLeastPlans); ++i)
      plans.push_back(plan_task_scene(split, seed_, static_cast<uint64_t>(i)));
    for (uint64_t pair = 0; folder_.rows() < rows; ++pair) {
      const StatementPair two = state_about(plans, split, seed_, pair);
      std::vector<std::string> pictures;
      for (const size_t plan : {two.left, two.right})
        pictures.push_back(
            add_picture(name_of(split), split, static_cast<int64_t>(plan), plans[plan]));
      const Json images = Json::array().push(pictures[0]).push(pictures[1]);
      for (const auto& [sentence, label] :
           {std::pair(two.truth, "True"), std::pair(two.falsehood, "False")})
        if (folder_.rows() < rows)
          folder_.add_row(
              Json::object().set("images", images).set("sentence", sentence).set("label", label),
              pictures, label);
    }
  }

 private:
  static std::string name_of(SceneSplit split) { return kSceneSplits[static_cast<size_t>(split)]; }

  std::string add_caption(const std::string& list, SceneSplit split, int64_t index,
                          const ScenePlan& plan, const std::string& caption) {
    std::string picture = add_picture(list, split, index, plan);
    folder_.add_row(Json::object()
                        .set("image", picture)
                        .set("caption", caption)
                        .set("image_id", picture.substr(0, picture.rfind('.'))),
                    {picture}, caption);
    return picture;
  }

  std::string add_picture(const std::string& list, SceneSplit split, int64_t index,
                          const ScenePlan& plan) {
    char number[16];
    std::snprintf(number, sizeof number, "%06lld", static_cast<long long>(index));
    std::string name = str(list, "/", number, ".png");
    if (folder_.has_picture(name)) return name;
    Random random = scene_random(split, seed_, static_cast<uint64_t>(index), kUsePixels);
    const Image image = split == SceneSplit::train
                            ? drawings_.draw_changed(plan, config_.jitter, random)
                            : drawings_.draw(plan);
    folder_.add_picture(name, encode_png(image.width, image.height, 3, image.rgb));
    return name;
  }

  uint64_t seed_;
  std::string data_;  // picturebook's folder
  TaskFolder& folder_;
  TrainConfig config_;
  SceneDrawings drawings_;
  int64_t next_question_ = 0;
};

}  // namespace

void fill_from_scenes(const std::string& task, std::optional<int64_t> count, uint64_t seed,
                      const std::string& data, TaskFolder& folder) {
  using Fill = void (SceneSource::*)(SceneSplit, int64_t);
  struct Form {
    const char* list;  // that is trained on
    Fill fill;
    int64_t rows;
    Fill fill_others;  // the other splits
    int64_t other_rows;
  };
  using S = SceneSource;
  // Captions are as many as the scenes that the demo is measured on: the same ones, for seed 1.
  const std::map<std::string, Form> forms = {
      {"captions", {"train", &S::captions, 2'000, &S::captions, 400}},
      {"web", {"web", &S::web, 20'000, &S::captions, 400}},
      {"vqa", {"train", &S::questions, 40'000, &S::questions, 2'000}},
      {"nlvr", {"train", &S::statements, 20'000, &S::statements, 1'000}}};
  const Form& form = forms.at(task);
  SceneSource source(seed, data, folder);
  (source.*form.fill)(SceneSplit::train, count.value_or(form.rows));
  folder.end_list(form.list);
  for (size_t s = 1; s < kSceneSplits.size(); ++s) {
    (source.*form.fill_others)(static_cast<SceneSplit>(s), form.other_rows);
    folder.end_list(kSceneSplits[s]);
  }
}

}  // namespace medley::train
