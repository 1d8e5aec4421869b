// medley capfilt run: the whole way, and what it is worth.
#include "core/log.h"
#include "core/str.h"
#include "train/cli/capfilt_stages.h"
#include "train/cli/print.h"
#include "train/io/files.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

// What training again is worth: the model of the noisy pairs beside that of the bootstrapped.
Json go(const CapfiltRunOptions& options) {
  const SelectOptions& select = options.select;
  const CapfiltStages stages(options.setup,
                             Json::object()
                                 .set("threshold", select.threshold)
                                 .set("keep", select.keep ? Json(*select.keep) : Json()));
  stages.pretrain("noisy", stages.noisy_pairs());
  stages.finetune("captioner", "caption");
  stages.finetune("filter", "retrieval");
  stages.label("labels", "captioner", "filter");
  SelectOptions of_labels = select;
  of_labels.folder = "labels";
  const auto [selection, pairs] = stages.select("labels", of_labels);
  info("report: " + write_selection_report(stages.path_of("labels"), selection));
  stages.pretrain("bootstrapped", pairs);
  Json eval = Json::object();
  for (const char* name : {"noisy", "bootstrapped"}) eval.set(name, stages.evaluate(name));
  Json result =
      Json::object().set("data", pairs.data).set("selection", selection.json()).set("eval", eval);
  replace_file(stages.path_of("figures.json"), result.dump(1) + "\n");
  return result;
}

void print_figures(const Json& result) {
  std::vector<std::vector<std::string>> rows{
      {"", "trained on", "finds the caption", "finds the picture", "writes the caption"}};
  const auto part = [](const Json& eval, const char* group, const char* key) {
    const Json* figures = eval.find(group);
    return figures ? fixed(figures->at(key).number(), 3) : "";
  };
  const Json& all = result.at("eval");
  for (const auto& [name, unused] : all.at("noisy").members())
    for (const char* stage : {"noisy", "bootstrapped"}) {
      const Json& eval = all.at(stage).at(name);
      rows.push_back({name, stage, part(eval, "i2t_itm", "r1"), part(eval, "t2i_itm", "r1"),
                      part(eval, "captions", "exact")});
    }
  print_table(rows);
}

}  // namespace

int capfilt_run(const CapfiltRunOptions& options) {
  try {
    const Json result = go(options);
    if (options.json) {
      print_json(result);
      return 0;
    }
    print_figures(result);
    print(
        str("figures: ", options.setup.out, "/figures.json, the data: ", result.at("data").text()));
    return 0;
  } catch (const StageStopped&) {
    info("stopped; everything is saved, and the same command goes on");
    return kExitStopped;
  }
}

}  // namespace medley::train
