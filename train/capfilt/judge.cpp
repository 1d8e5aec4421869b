// Ranks and counts.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/error.h"
#include "core/str.h"
#include "models/text/tokenizer.h"
#include "train/capfilt/capfilt.h"

namespace medley::train {
namespace {

bool is_right(const std::string& label) { return label == "right" || label == "agrees"; }

// Mann and Whitney: over all pairs of a right and a wrong text.
double auc(std::vector<double> right, const std::vector<double>& wrong) {
  std::sort(right.begin(), right.end());
  double sum = 0;
  for (const double score : wrong) {
    const auto [low, high] = std::equal_range(right.begin(), right.end(), score);
    sum += static_cast<double>(right.end() - high) + 0.5 * static_cast<double>(high - low);
  }
  return sum / (static_cast<double>(right.size()) * static_cast<double>(wrong.size()));
}

double share(int64_t part, int64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

struct Kind {
  std::vector<double> scores;
  int64_t kept = 0;
};

// Probabilities of the web's texts, by label.
class FilterJudge {
 public:
  FilterJudge(const std::string& file, double threshold) : file_(file), threshold_(threshold) {
    const Json labels = Json::read(file);
    if (!labels.is_object())
      throw DataError("[data] " + file + " must be an object: {\"image\": \"label\", ...}");
    for (const auto& [image, label] : labels.members()) labels_[image] = label.text();
  }

  void add(const LabelledPicture& picture) {
    const auto label = labels_.find(picture.image);
    if (label == labels_.end()) return;
    for (const LabelledText& text : picture.texts) {
      if (text.source != "web" || !text.error.empty()) continue;
      Kind& kind = kinds_[label->second];
      kind.scores.push_back(text.probability);
      kind.kept += text.probability > threshold_;
    }
  }

  Json json() const {
    std::vector<double> right, wrong;
    int64_t kept_right = 0, kept = 0;
    for (const auto& [name, kind] : kinds_) {
      std::vector<double>& all = is_right(name) ? right : wrong;
      all.insert(all.end(), kind.scores.begin(), kind.scores.end());
      kept += kind.kept;
      if (is_right(name)) kept_right += kind.kept;
    }
    if (right.empty() || wrong.empty())
      throw DataError(str("[data] ", file_, " has labels of ", right.size(), " right and ",
                          wrong.size(), " wrong texts of these pictures: both are needed"),
                      "a label is 'right' or 'agrees', or it says what is wrong");
    Json kinds = Json::object();
    for (const auto& [name, kind] : kinds_) {
      Json one = Json::object()
                     .set("texts", static_cast<int64_t>(kind.scores.size()))
                     .set("kept", kind.kept);
      if (!is_right(name)) one.set("auc", auc(right, kind.scores));
      kinds.set(name, one);
    }
    return Json::object()
        .set("texts", static_cast<int64_t>(right.size() + wrong.size()))
        .set("right", static_cast<int64_t>(right.size()))
        .set("auc", auc(right, wrong))
        .set("precision", share(kept_right, kept))
        .set("recall", share(kept_right, static_cast<int64_t>(right.size())))
        .set("kinds", kinds);
  }

 private:
  std::string file_;
  double threshold_;
  std::unordered_map<std::string, std::string> labels_;
  std::map<std::string, Kind> kinds_;
};

// Texts against the right captions, word for word once both are cleaned.
class CaptionJudge {
 public:
  CaptionJudge(const std::string& file, double threshold) : threshold_(threshold) {
    const Json list = Json::read(file);
    for (const Json& row : list.items())
      truth_[row.at("image").text()].insert(models::clean_caption(row.at("caption").text()));
  }

  void add(const LabelledPicture& picture) {
    const auto truth = truth_.find(picture.image);
    if (truth == truth_.end()) return;
    bool before = false, after = false;
    for (const LabelledText& text : picture.texts) {
      if (!text.error.empty()) continue;
      const bool exact = truth->second.contains(models::clean_caption(text.text));
      const bool kept = text.probability > threshold_;
      before |= exact && text.source == "web";
      after |= exact && kept;
      if (text.source == "web") continue;
      ++texts_;
      exact_ += exact;
      kept_ += kept;
      exact_kept_ += exact && kept;
    }
    ++pictures_;
    before_ += before;
    after_ += after;
  }

  void add_to(Json& result) const {
    result.set("captioner", Json::object()
                                .set("texts", texts_)
                                .set("exact", share(exact_, texts_))
                                .set("kept", kept_)
                                .set("exact_of_kept", share(exact_kept_, kept_)));
    result.set("pictures", Json::object()
                               .set("pictures", pictures_)
                               .set("true_before", share(before_, pictures_))
                               .set("true_after", share(after_, pictures_)));
  }

 private:
  double threshold_;
  std::unordered_map<std::string, std::set<std::string>> truth_;
  int64_t texts_ = 0, exact_ = 0, kept_ = 0, exact_kept_ = 0;
  int64_t pictures_ = 0, before_ = 0, after_ = 0;
};

}  // namespace

Json judge(const JudgeOptions& options) {
  validate_threshold(options.threshold);
  const LabelFolder folder = LabelFolder::open(options.folder);
  FilterJudge filter(options.labels, options.threshold);
  std::optional<CaptionJudge> captioner;
  if (!options.truth.empty()) captioner.emplace(options.truth, options.threshold);
  folder.each([&](const LabelledPicture& picture) {
    if (!picture.error.empty()) return;
    filter.add(picture);
    if (captioner) captioner->add(picture);
  });
  Json result = Json::object().set("threshold", options.threshold).set("filter", filter.json());
  if (captioner) captioner->add_to(result);
  return result;
}

}  // namespace medley::train
