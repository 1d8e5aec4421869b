// medley demo: the whole of it on scenes, explained in plain words.
#include <map>

#include "core/cuda/device.h"
#include "core/log.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/data/scene_rules.h"
#include "train/report/collect.h"
#include "train/report/finish.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

TrainConfig demo_config(const DemoOptions& options) {
  TrainConfig config = load_config("scenes");
  if (options.steps) config.steps = *options.steps;
  if (options.seed) config.seed = *options.seed;
  if (options.threads) config.threads = *options.threads;
  return config;
}

std::string percent(const Json& eval, const char* split, const char* group, const char* key) {
  const Json* found = eval.find(split);
  const Json* figures = found ? found->find(group) : nullptr;
  return figures ? fixed(100 * figures->at(key).number(), 1) + " %" : "?";
}

void explain(const Json& summary) {
  const Json& eval = summary.at("eval");
  print(
      "\nHow well it does on 400 pictures each that it never saw (the right one first, the "
      "caption word for word):");
  struct Line {
    const char *split, *meaning;
  };
  constexpr Line kLines[] = {{"test_seen", "drawings and pairs it knows"},
                             {"test_pair", "pairs of things that it never saw together"},
                             {"test_drawing", "drawings by an artist whose version it never saw"}};
  std::vector<std::vector<std::string>> rows(
      1, {"", "finds the caption", "finds the picture", "writes the caption"});
  for (const Line& line : kLines)
    rows.push_back({line.meaning, percent(eval, line.split, "i2t_itm", "r1"),
                    percent(eval, line.split, "t2i_itm", "r1"),
                    percent(eval, line.split, "captions", "exact")});
  print_table(rows);
}

constexpr int kShown = 4;  // captions of each split

void show_captions(const ReportData& report) {
  print("\nSome of the captions that it wrote:");
  std::map<std::string, int> shown;
  for (const CaptionedPicture& picture : report.pictures) {
    if (shown[picture.split]++ >= kShown) continue;
    print(str("  ", picture.right ? "right  " : "WRONG  ", picture.said,
              picture.right ? "" : "   (it is: " + picture.truth + ")"));
  }
}

}  // namespace

int demo(const DemoOptions& options) {
  TrainConfig config = demo_config(options);
  validate(config);
  bool resumed = holds_run(options.out);
  info(
      "This trains a small BLIP from nothing, on pictures that are composed of real drawings.\n"
      "It learns which caption belongs to which picture, and to write captions itself.");
  Trainer trainer =
      resumed ? Trainer::resume(config, options.out) : Trainer::start(config, options.out);
  if (resumed) info(str("going on with ", options.out, " from step ", trainer.state().step));
  TrainOutcome outcome = trainer.train();
  const RunFolder& run = trainer.run();
  if (outcome.end == TrainOutcome::stopped) {
    std::string choices = options.out == DemoOptions().out ? "" : " --out " + options.out;
    if (options.steps) choices += str(" --steps ", *options.steps);
    if (options.seed) choices += str(" --seed ", *options.seed);
    info(str("stopped after step ", outcome.step,
             "; everything is saved. Go on with:\n  medley demo", choices));
    return kExitStopped;
  }
  const FinishedRun finished = finish_run(run, outcome, cuda::choose_device(config.device));
  write_report(run);
  if (finished.problem) std::rethrow_exception(finished.problem);
  const Json& summary = finished.summary;
  if (options.json) {
    print_json(summary);
    return 0;
  }
  print(str("Trained a BLIP of ", with_commas(summary.at("parameters").integer()),
            " parameters from nothing in ", duration(outcome.seconds), ": ",
            with_commas(outcome.step), " steps, ",
            with_commas(outcome.step * config.pictures_per_step()), " pictures, ",
            fixed(outcome.images_per_second, 0), " pictures a second."));
  explain(summary);
  LoadedModel loaded = load_model(run.path, {.device = "cpu"});
  show_captions(collect_report(run, loaded, summary));
  print(str("\nWhere to look:\n  ", run.report(),
            "   curves, captions, searches, where each word looks: open it in a browser\n  ",
            run.summary(), "   the figures\n  ", run.metrics(), "   the losses on the way\n  ",
            run.checkpoints(), "/   the model"));
  std::string things;
  for (const char* name : kConcepts) things += (things.empty() ? "" : ", ") + std::string(name);
  print(
      str("\nWhat it knows: drawings, not photos, of one or two of 24 things (", things,
          "), and which of two is left of or above the other. Try it:\n  medley draw \"a cat left "
          "of an owl\" out.png\n  medley caption ",
          run.path, " out.png"));
  return 0;
}

}  // namespace medley::train
