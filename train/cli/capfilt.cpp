// medley capfilt: the labels, what is kept of them, and what they are worth.
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

std::string count(const Json& number) { return with_commas(number.integer()); }

}  // namespace

int capfilt_label(const CapfiltOptions& options) {
  const LabelOutcome outcome = label(options.label);
  const double speed =
      outcome.seconds > 0 ? static_cast<double>(outcome.pictures) / outcome.seconds : 0;
  if (options.json)
    print_json(Json::object()
                   .set("folder", options.label.out)
                   .set("units", outcome.units)
                   .set("units_done_here", outcome.done)
                   .set("pictures", outcome.pictures)
                   .set("failed", outcome.failed)
                   .set("failed_texts", outcome.failed_texts)
                   .set("seconds", outcome.seconds)
                   .set("images_per_second", speed)
                   .set("stopped", outcome.stopped));
  else
    print(str(with_commas(outcome.pictures), " pictures labelled here, ", fixed(speed, 0),
              " images/s; failed: ", outcome.failed, " pictures, ", outcome.failed_texts,
              " texts; ", outcome.stopped ? "stopped: the same command goes on" : "labels: ",
              outcome.stopped ? "" : options.label.out));
  return outcome.stopped ? kExitStopped : 0;
}

int capfilt_select(const CapfiltOptions& options) {
  const Selection selection = select(options.select);
  const std::string report = write_selection_report(options.select.folder, selection);
  if (options.json) {
    print_json(selection.json());
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"source", "texts", "kept", "", "failed"}};
  for (const auto& [name, counts] : selection.sources)
    rows.push_back({name, with_commas(counts.texts), with_commas(counts.kept),
                    percent(static_cast<double>(counts.kept) /
                            static_cast<double>(std::max<int64_t>(1, counts.texts))),
                    with_commas(counts.failed)});
  print_table(rows);
  print(str("kept above ", fixed(selection.threshold, 4), ": ", options.select.data()));
  print("report: " + report);
  return 0;
}

int capfilt_judge(const CapfiltOptions& options) {
  const Json result = judge(options.judge);
  if (options.json) {
    print_json(result);
    return 0;
  }
  const Json& filter = result.at("filter");
  print(str("filter: AUC ", fixed(filter.at("auc").number(), 4), ", precision ",
            percent(filter.at("precision").number()), ", recall ",
            percent(filter.at("recall").number()), " above ", options.judge.threshold));
  std::vector<std::vector<std::string>> rows{{"text of the web", "texts", "kept", "AUC"}};
  for (const auto& [name, kind] : filter.at("kinds").members()) {
    const Json* auc = kind.find("auc");
    rows.push_back({name, count(kind.at("texts")), count(kind.at("kept")),
                    auc ? fixed(auc->number(), 4) : ""});
  }
  print_table(rows);
  if (const Json* captioner = result.find("captioner")) {
    print(str("captioner: ", percent(captioner->at("exact").number()), " of its ",
              count(captioner->at("texts")), " captions are right, of those kept ",
              percent(captioner->at("exact_of_kept").number())));
    const Json& pictures = result.at("pictures");
    print(str("pictures with a right text: ", percent(pictures.at("true_before").number()),
              " before, ", percent(pictures.at("true_after").number()), " after"));
  }
  return 0;
}

}  // namespace medley::train
