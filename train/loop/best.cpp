// Looks through the evaluations of a run.
#include "train/loop/best.h"

#include <algorithm>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"

namespace medley::train {
namespace {

const std::vector<std::string>& figures_of(const std::string& group) {
  static const std::vector<std::string> captions = {"exact", "token_f1", "bleu1",   "bleu2",
                                                    "bleu3", "bleu4",    "rouge_l", "cider"},
                                        recalls = {"r1", "r5", "r10"}, accuracy = {"accuracy"};
  if (group == "captions") return captions;
  return group == "i2t" || group == "t2i" ? recalls : accuracy;
}

double figure_in(const Json& eval, const std::vector<std::string>& path) {
  const Json* at = &eval;
  for (const std::string& key : path) at = &at->at(key);
  return at->number();
}

}  // namespace

std::vector<std::string> deciding_figure(const TrainConfig& config,
                                         const models::Evaluation& evaluation) {
  if (config.metric.empty() || evaluation.best.empty()) return evaluation.best;
  const size_t dot = config.metric.find('.');
  const std::vector<std::string> path =
      dot == std::string::npos
          ? std::vector{evaluation.best[0], config.metric}
          : std::vector{config.metric.substr(0, dot), config.metric.substr(dot + 1)};
  std::vector<std::string> groups = {evaluation.best[0]};
  if (evaluation.retrieval) groups = {"i2t", "t2i"};
  if (evaluation.captions) groups.push_back("captions");
  std::vector<std::string> known;
  for (const std::string& group : groups)
    for (const std::string& figure : figures_of(group)) {
      if (path == std::vector{group, figure}) return path;
      known.push_back(group + "." + figure);
    }
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  throw ConfigError(str("train.metric is '", config.metric, "' but the evaluation of ",
                        config.objective, " has: ", list, did_you_mean(config.metric, known)));
}

Best best_of(const std::vector<Json>& metrics, const std::string& split,
             const std::vector<std::string>& figure) {
  Best best;
  for (const Json& line : metrics) {
    const Json* eval = line.find("eval");
    const Json* found = eval ? eval->find(split) : nullptr;
    if (!found) continue;
    const double value = figure_in(*found, figure);
    if (best.step == 0 || value > best.value)
      best = {line.at("step").integer(), value, 0};
    else
      ++best.since;
  }
  return best;
}

}  // namespace medley::train
