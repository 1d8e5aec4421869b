// Zero-shot classification: the class whose name in a sentence is closest to the picture (Radford
// et al. 2021, section 3.1).
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "autograd/ops/linear.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "train/eval/encoded.h"
#include "train/eval/evaluate.h"
#include "train/eval/scores.h"

namespace medley::train {
namespace {

constexpr size_t kAmong = 5;

// As a sentence has it: names of folders have underscores for spaces.
std::string spoken(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return models::clean_caption(name);
}

class Classes {
 public:
  // Distinct names, or those of the data. Throws DataError when two of them are the same once
  // cleaned, and when there is only one.
  Classes(std::vector<std::string> names, const CaptionedSplit& split) : names_(std::move(names)) {
    if (names_.empty()) {
      std::set<std::string> found;
      for (const CaptionedItem& item : split.items)
        found.insert(item.captions.begin(), item.captions.end());
      names_.assign(found.begin(), found.end());
    }
    for (size_t c = 0; c < names_.size(); ++c) {
      const auto [first, is_new] = places_.emplace(spoken(names_[c]), static_cast<int64_t>(c));
      if (!is_new)
        throw DataError(str("the classes '", names_[static_cast<size_t>(first->second)], "' and '",
                            names_[c], "' have the same name for the model: '", first->first, "'"),
                        "give every class a name of its own");
    }
    if (names_.size() < 2)
      throw DataError(str("there is one class only, '", names_.empty() ? "" : names_[0], "'"),
                      "the folders of the pictures, or their captions, are the names of classes");
  }

  int64_t size() const { return static_cast<int64_t>(names_.size()); }
  const std::string& name(int64_t c) const { return names_[static_cast<size_t>(c)]; }

  std::set<int64_t> of(const CaptionedItem& item) const {
    std::set<int64_t> classes;
    for (const std::string& caption : item.captions) {
      const auto found = places_.find(spoken(caption));
      if (found == places_.end())
        throw DataError(str(item.id, " is of class '", caption, "', which is not in the list of ",
                            size(), " classes"));
      classes.insert(found->second);
    }
    return classes;
  }

  // [classes, E], unit rows: of each class the mean of its features in the templates.
  Tensor features(const models::Blip& model, const models::Tokenizer& tokenizer,
                  const std::vector<std::string>& templates) const {
    const auto width = static_cast<size_t>(model.model().embed_dim);
    std::vector<float> all;
    for (const std::string& name : names_) {
      std::vector<std::vector<int32_t>> texts;
      for (std::string sentence : templates) {
        const size_t at = sentence.find("{}");
        if (at == std::string::npos)
          throw ConfigError(str("the template '", sentence, "' has no {} for the class"),
                            "for example \"a picture of {}\"");
        sentence.replace(at, 2, spoken(name));
        texts.push_back(
            tokenizer.encode_caption(models::clean_caption(sentence), model.model().max_tokens));
      }
      const std::vector<float> rows = model.text_features(models::pack(texts)).to_vector<float>();
      std::vector<double> sum(width);
      for (size_t i = 0; i < rows.size(); ++i) sum[i % width] += static_cast<double>(rows[i]);
      const double norm = std::sqrt(std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0));
      for (const double value : sum) all.push_back(static_cast<float>(value / norm));
    }
    return Tensor::from(all, {size(), static_cast<int64_t>(width)});
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, int64_t> places_;  // of spoken names
};

// Part of the items that have one of these classes.
double part_with(const std::vector<std::set<int64_t>>& truths,
                 const std::vector<int64_t>& classes) {
  int64_t hits = 0;
  for (const std::set<int64_t>& truth : truths)
    hits +=
        std::any_of(classes.begin(), classes.end(), [&](int64_t c) { return truth.contains(c); });
  return static_cast<double>(hits) / static_cast<double>(truths.size());
}

Json most_frequent_classes(const std::vector<std::set<int64_t>>& truths, const Classes& classes,
                           bool top5) {
  std::vector<float> counts(static_cast<size_t>(classes.size()));
  for (const std::set<int64_t>& truth : truths)
    for (const int64_t c : truth) ++counts[static_cast<size_t>(c)];
  const std::vector<int64_t> order = best_of(counts, kAmong);
  Json figures = Json::object().set("accuracy", part_with(truths, {order[0]}));
  if (top5) figures.set("top5", part_with(truths, order));
  return figures.set("answer", classes.name(order[0]));
}

}  // namespace

Evaluated evaluate_classes(const models::Blip& model, const models::Tokenizer& tokenizer,
                           const Dataset& data, const EvalOptions& options) {
  const autograd::NoGrad no_grad;
  const CaptionedSplit split = by_picture(data);
  const Classes classes(options.classes, split);
  std::vector<std::set<int64_t>> truths;
  std::vector<std::vector<int64_t>> pictures;
  for (const CaptionedItem& item : split.items) {
    truths.push_back(classes.of(item));
    pictures.push_back({item.pictures.at(0)});
  }
  const Tensor features = classes.features(model, tokenizer, options.templates);
  Ranking ranking;
  const auto classify = [&](int64_t, const Tensor& tokens) {
    const std::vector<float> cosine =
        autograd::linear(model.image_features(tokens).to(Device{}), features, Tensor())
            .to_vector<float>();
    const auto count = static_cast<size_t>(classes.size());
    for (size_t i = 0; i < cosine.size(); i += count)
      ranking.push_back(best_of({cosine.data() + i, count}, kAmong));
  };
  for_each_encoded(model, data, pictures, options.batch_size, classify);

  Evaluated result{Json::object(), Json::array()};
  std::vector<double> first, among;
  for (size_t i = 0; i < ranking.size(); ++i) {
    first.push_back(truths[i].contains(ranking[i][0]) ? 1 : 0);
    among.push_back(std::any_of(ranking[i].begin(), ranking[i].end(),
                                [&](int64_t c) { return truths[i].contains(c); })
                        ? 1
                        : 0);
    Json found = Json::array();
    for (const int64_t c : ranking[i]) found.push(classes.name(c));
    result.said.push(Json::object()
                         .set("image_id", id_as_json(split.items[i].id))
                         .set("class", split.items[i].captions[0])
                         .set("found", found));
  }
  const auto count = static_cast<int64_t>(ranking.size());
  const bool top5 = classes.size() > static_cast<int64_t>(kAmong);
  FigureGroup figures(count, options.intervals);
  figures.add_mean("accuracy", first);
  if (top5) figures.add_mean("top5", among);
  figures.set_trivial(most_frequent_classes(truths, classes, top5));
  result.figures.set("images", count)
      .set("classes", classes.size())
      .set("classify", figures.json());
  return result;
}

}  // namespace medley::train
