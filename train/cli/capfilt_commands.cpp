// The command line of medley capfilt and medley experiment.
#include <CLI/CLI.hpp>

#include "train/cli/program.h"

namespace medley::train {
namespace {

// What a web, its clean pairs and the models on the way have in common.
void setup_options(CLI::App* sub, CapfiltSetup& o) {
  sub->add_option("--config", o.config, "recipe of pre-trainings (default: scenes)");
  sub->add_option("--web", o.web,
                  "pairs of the web (docs/data.md; default: a simulated web of scenes)");
  sub->add_option("--clean", o.clean, "pairs that people wrote");
  sub->add_option("--images", o.images,
                  "folder or tar of all pictures, or WEB::CLEAN (default: beside the lists)");
  sub->add_option("--eval", o.eval, "list that models are measured on; may be repeated");
  sub->add_option("--out", o.out, "folder of everything (default: " + o.out + ")");
  sub->add_option("--count", o.count, "pairs of the simulated web (default: 20000)");
  sub->add_option("--steps", o.steps, "steps of each pre-training (default: the recipe's)");
  sub->add_option("--epochs", o.epochs, "passes of captioner and filter (default: the recipes')");
  sub->add_option("--set", o.set, "KEY=VALUE: change a key of pre-trainings");
  sub->add_option("--threads", o.threads, "results do not depend on it");
}

void add_run(CLI::App* capfilt, Program& p) {
  CLI::App* sub = capfilt->add_subcommand(
      "run", "the whole way: pre-train, caption, filter, select, pre-train again, compare");
  CapfiltRunOptions& o = p.capfilt_run;
  setup_options(sub, o.setup);
  sub->add_option("--threshold", o.select.threshold, "a text is kept above it (default: 0.5)");
  sub->add_option("--keep", o.select.keep, "keep this part of all texts instead")
      ->excludes("--threshold");
  sub->add_option("--seed", o.setup.seed, "of everything random");
  json_flag(sub, o.json);
  sub->footer(
      "Examples:\n"
      "  medley capfilt run --config scenes --steps 1600\n"
      "  medley capfilt run --config small --web web.json --clean coco.json --images pictures "
      "--eval val.json --out runs/mine\n"
      "Started again it goes on where it was.");
  sub->callback([&p] { p.command = [&p] { return capfilt_run(p.capfilt_run); }; });
}

void add_experiment(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand(
      "experiment", "tables 1 to 4 of BLIP's paper, on a small web and with several seeds");
  ExperimentOptions& o = p.experiment;
  sub->add_option("table", o.table,
                  "table1: what captioner and filter are worth; table2: beams or nucleus sampling; "
                  "table3: what encoder and decoder share; table4: captioner and filter in one")
      ->required();
  sub->add_option("--seeds", o.seeds, "models of each row (default: 3)");
  sub->add_flag("--quick", o.quick,
                "one tiny model for each row, and few pairs: to see that it works");
  setup_options(sub, o.setup);
  json_flag(sub, o.json);
  sub->footer(
      "Examples:\n"
      "  medley experiment table1 --steps 1600\n"
      "  medley experiment table3 --quick --out /tmp/quick\n"
      "Started again it goes on where it was. Tables of one folder share their models.");
  sub->callback([&p] { p.command = [&p] { return experiment(p.experiment); }; });
}

void add_label(CLI::App* capfilt, Program& p) {
  CLI::App* sub = capfilt->add_subcommand(
      "label", "caption every picture, and say of each text how likely it matches");
  LabelOptions& o = p.capfilt.label;
  sub->add_option("--data", o.data, "pictures of the web with their texts (docs/data.md)")
      ->required();
  sub->add_option("--images", o.images, "folder or tar of the pictures (default: beside the list)");
  sub->add_option("--captioner", o.captioner, kModelHelp)->required();
  sub->add_option("--filter", o.filter, "model with a matching head; may be the same")->required();
  sub->add_option("--out", o.out, "folder of the labels; what is done there stays")->required();
  models::GenerateOptions& g = o.generate;
  sub->add_option("--beams", g.beams, "beam search instead of nucleus sampling")
      ->each([&g](const std::string&) { g.sample = false; });
  sub->add_option("--top-p", g.top_p, "draw from so much of the probability (default: 0.9)");
  sub->add_option("--top-k", g.top_k, "draw from the k most likely (default: 50; 0: all)");
  sub->add_option("--min-tokens", g.min_length, "shortest caption; [DEC] and the prompt count");
  sub->add_option("--max-tokens", g.max_length, "longest caption (default: the captioner's)");
  sub->add_option("--repetition-penalty", g.repetition_penalty, "above 1: fewer repetitions");
  sub->add_option("--prompt", o.prompt, "words that captions begin with; they are taken off again");
  sub->add_option("--seed", g.seed, "of the captions; a picture's depends on it and on the pixels");
  sub->add_option("--batch", o.batch,
                  "pictures at a time (default: 64); results do not depend on it")
      ->check(CLI::PositiveNumber);
  sub->add_flag("--share", o.share, "other processes with --share work in the folder too");
  sub->add_option(
         "--max-bad", o.max_bad,
         "pictures and texts that may fail; below 1: a part of the rows (default: all of them)")
      ->check(CLI::NonNegativeNumber);
  open_options(sub, o.open);
  json_flag(sub, p.capfilt.json);
  sub->footer(
      "Examples:\n"
      "  medley capfilt label --data web.json --captioner runs/captioner --filter runs/filter "
      "--out labels\n"
      "  medley capfilt label --data 'web-{00000..00147}.tar' --captioner blip-captioning "
      "--filter blip-itm --out labels --share\n"
      "Started again it goes on where it was.");
  sub->callback([&p] { p.command = [&p] { return capfilt_label(p.capfilt); }; });
}

void add_select(CLI::App* capfilt, Program& p) {
  CLI::App* sub = capfilt->add_subcommand("select", "write the data set of the texts that match");
  SelectOptions& o = p.capfilt.select;
  sub->add_option("labels", o.folder, "folder that capfilt label wrote")->required();
  sub->add_option("--threshold", o.threshold, "a text is kept above it (default: 0.5)");
  sub->add_option("--keep", o.keep, "keep this part of all texts instead, the likeliest ones")
      ->excludes("--threshold");
  sub->add_flag("!--no-web", o.web, "keep no text of the web");
  sub->add_flag("!--no-synthetic", o.synthetic, "keep no caption of the captioner");
  sub->add_option("--human", o.human, "pairs that people wrote: all of them are kept");
  sub->add_option("--images", o.images, "folder or tar of their pictures (default: beside them)");
  sub->add_option("--out", o.out, "folder for the list (default: that of the labels)");
  sub->add_option("--shards", o.shards,
                  "folder to make: WebDataset shards with the pictures, instead of a list")
      ->excludes("--out");
  sub->add_option("--rows-per-shard", o.rows_per_shard, "texts of a shard (default: 10000)")
      ->check(CLI::PositiveNumber)
      ->needs("--shards");
  json_flag(sub, p.capfilt.json);
  sub->footer(
      "Examples:\n"
      "  medley capfilt select labels --human clean.json\n"
      "  medley capfilt select labels --keep 0.6 --no-synthetic\n"
      "  medley capfilt select labels --human coco/captions.json --shards bootstrapped\n"
      "labels/bootstrapped.json, or the folder of shards, is what `medley pretrain --data` takes.");
  sub->callback([&p] { p.command = [&p] { return capfilt_select(p.capfilt); }; });
}

void add_judge(CLI::App* capfilt, Program& p) {
  CLI::App* sub = capfilt->add_subcommand("judge", "compare labels with what is known to be true");
  JudgeOptions& o = p.capfilt.judge;
  sub->add_option("labels", o.folder, "folder that capfilt label wrote")->required();
  sub->add_option("--labels", o.labels,
                  "JSON object: right, agrees, or what is wrong with the web's text of an image")
      ->required();
  sub->add_option("--truth", o.truth, "list of right captions: how good is the captioner?");
  sub->add_option("--threshold", o.threshold, "a text is kept above it (default: 0.5)");
  json_flag(sub, p.capfilt.json);
  sub->footer(
      "Example:\n"
      "  medley capfilt judge labels --labels web_labels.json --truth web_truth.json");
  sub->callback([&p] { p.command = [&p] { return capfilt_judge(p.capfilt); }; });
}

}  // namespace

void add_capfilt_commands(CLI::App& app, Program& program) {
  CLI::App* capfilt =
      app.add_subcommand("capfilt", "clean and caption noisy pairs of the web, to train again");
  capfilt->require_subcommand(1);
  capfilt->footer(
      "Examples:\n  medley capfilt run --config scenes --steps 1600\n"
      "  medley capfilt label --data web.json --captioner runs/captioner --filter "
      "runs/filter --out labels\n  medley capfilt select labels --human clean.json");
  add_run(capfilt, program);
  add_label(capfilt, program);
  add_select(capfilt, program);
  add_judge(capfilt, program);
  add_experiment(app, program);
}

}  // namespace medley::train
