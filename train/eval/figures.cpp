// Figures over all items and over drawn ones.
#include "train/eval/figures.h"

#include <numeric>
#include <utility>

namespace medley::train {
namespace {

constexpr std::pair<const char*, const char*> kGroups[] = {{"i2t", "texts of a picture, ITC"},
                                                           {"i2t_itm", "texts of a picture, ITM"},
                                                           {"t2i", "pictures of a text, ITC"},
                                                           {"t2i_itm", "pictures of a text, ITM"},
                                                           {"v2t", "texts of a video, ITC"},
                                                           {"v2t_itm", "texts of a video, ITM"},
                                                           {"t2v", "videos of a text, ITC"},
                                                           {"t2v_itm", "videos of a text, ITM"},
                                                           {"captions", "captions"},
                                                           {"vqa", "answers"},
                                                           {"nlvr", "sentences about two pictures"},
                                                           {"classify", "classes"}};

constexpr std::pair<const char*, const char*> kNames[] = {{"r1", "R@1"},
                                                          {"r5", "R@5"},
                                                          {"r10", "R@10"},
                                                          {"median_rank", "median rank"},
                                                          {"exact", "exact"},
                                                          {"token_f1", "token F1"},
                                                          {"bleu1", "BLEU-1"},
                                                          {"bleu2", "BLEU-2"},
                                                          {"bleu3", "BLEU-3"},
                                                          {"bleu4", "BLEU-4"},
                                                          {"rouge_l", "ROUGE-L"},
                                                          {"cider", "CIDEr"},
                                                          {"accuracy", "accuracy"},
                                                          {"top5", "among the first 5"}};

constexpr std::pair<const char*, const char*> kCounts[] = {
    {"images", "pictures"},
    {"videos", "videos"},
    {"texts", "texts"},
    {"classes", "classes"},
    {"questions", "questions"},
    {"sentences", "sentences"},
    {"unknown", "of them without a known answer"}};

}  // namespace

void FigureGroup::add(const std::string& name, const Figure& figure) {
  std::vector<int64_t> all(static_cast<size_t>(items_));
  std::iota(all.begin(), all.end(), 0);
  json_.set(name, items_ == 0 ? 0 : figure(all));
  if (!intervals_) return;
  const Interval interval = bootstrap(items_, figure);
  json_.set(name + "_interval", Json::array().push(interval.low).push(interval.high));
}

void FigureGroup::add_mean(const std::string& name, const std::vector<double>& values) {
  add(name, [&](std::span<const int64_t> items) {
    double sum = 0;
    for (const int64_t item : items) sum += values[static_cast<size_t>(item)];
    return sum / static_cast<double>(items.size());
  });
}

void FigureGroup::set_trivial(Json figures) {
  if (intervals_) json_.set("trivial", std::move(figures));
}

std::vector<FigureLine> figure_lines(const Json& split) {
  std::vector<FigureLine> lines;
  for (const auto& [group, title] : kGroups) {
    const Json* figures = split.find(group);
    if (!figures) continue;
    const Json* trivial = figures->find("trivial");
    for (const auto& [key, name] : kNames) {
      const Json* value = figures->find(key);
      if (!value) continue;
      FigureLine& line = lines.emplace_back(FigureLine{title, name, value->number(), {}, {}, ""});
      if (const Json* interval = figures->find(std::string(key) + "_interval"))
        line.interval = {interval->items().at(0).number(), interval->items().at(1).number()};
      if (const Json* least = trivial ? trivial->find(key) : nullptr)
        line.trivial = least->number();
      if (const Json* answer = trivial ? trivial->find("answer") : nullptr)
        line.answer = answer->text();
    }
  }
  return lines;
}

std::string counts_line(const Json& split) {
  std::string line;
  for (const auto& [key, title] : kCounts) {
    const Json* count = split.find(key);
    if (!count || count->integer() == 0) continue;
    line += (line.empty() ? "" : ", ") + std::to_string(count->integer()) + " " + title;
  }
  return line;
}

}  // namespace medley::train
