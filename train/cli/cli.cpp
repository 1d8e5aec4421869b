// The command line: commands that train, and what goes for all.
#include "train/cli/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"
#include "train/cli/print.h"
#include "train/cli/program.h"
#include "train/loop/stop_signal.h"

namespace medley::train {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitMemory = 7;
constexpr int kExitInternal = 70;

constexpr const char* kFooter = R"(Examples:
  medley demo                                   train, evaluate and report in one go
  medley pretrain --config scenes --out runs/a
  medley pretrain --resume runs/a               go on where it stopped, bit for bit
  medley caption runs/a picture.png

Exit codes: 0 good; 2 wrong command line or configuration; 3 damaged data, file or checkpoint;
4 training met NaN too often; 5 the system refused a file operation; 6 no such device;
7 out of memory; 70 an error in medley itself; 130 stopped by Ctrl-C, everything saved.
Environment variables: medley info.)";

// What pretrain and finetune have in common.
void add_training_options(CLI::App* sub, TrainingOptions& o) {
  sub->add_option("--data", o.data,
                  "what is trained on: list, folder, shards (docs/data.md), or scenes");
  sub->add_option("--images", o.images, "folder or tar of the pictures, where it is not beside");
  sub->add_option("--val", o.val, "what is held out: a path, or a part such as 5%");
  sub->add_option("--vocab", o.vocab, "vocab.txt of a --from that is a file of weights");
  sub->add_option("--sizes", o.sizes, "sizes of such a file: preset or TOML file (default: base)");
  sub->add_option("--image-size", o.image_size,
                  "pixels a side (default: the model's); position embeddings are resized");
  sub->add_option("--out", o.out, "folder of the run (default: runs/<preset>)")
      ->excludes("--resume");
  sub->add_flag("--allow-changed-data", o.allow_changed_data,
                "with --resume: the data may be others than the run began with")
      ->needs("--resume");
  sub->add_option("--set", o.set, "KEY=VALUE: change a key of the configuration");
  sub->add_option("--steps", o.steps, "most optimizer steps; with --resume also more than before");
  sub->add_option("--epochs", o.epochs, "most passes over the data");
  sub->add_option("--minutes", o.minutes, "stop cleanly after so much training time");
  sub->add_option("--batch", o.batch, "pictures a batch");
  sub->add_option("--lr", o.lr, "learning rate");
  sub->add_option("--schedule", o.schedule,
                  "of the rate: cosine, linear, constant, paper, cosine_by_pass");
  sub->add_option("--metric", o.metric, "figure that decides between checkpoints, such as cider");
  sub->add_option("--patience", o.patience,
                  "end after so many evaluations that are no better; the best checkpoint is kept");
  sub->add_option("--seed", o.seed, "of everything random");
  sub->add_option("--device", o.device, "cpu, cuda, cuda:N; auto: the first GPU, else the CPU");
  sub->add_option("--threads", o.threads, "results do not depend on it");
  sub->add_flag("--tensorboard", o.tensorboard,
                "also write RUN/tensorboard: tensorboard --logdir RUN shows it");
  sub->add_flag("--print-config", o.print_config, "print the whole configuration as TOML and end");
  json_flag(sub, o.json);
}

void add_pretrain(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand("pretrain", "train a model: contrast, matching, captions");
  TrainingOptions& o = p.pretrain;
  o.config = "scenes";
  auto* config = sub->add_option("--config", o.config, "preset (see medley info) or TOML file");
  sub->add_option("--from", o.from, "go on from a trained model, in a new run");
  sub->add_option("--resume", o.resume, "go on with this run, with its configuration")
      ->excludes(config);
  add_training_options(sub, o);
  sub->footer(R"(Examples:
  medley pretrain --config scenes --out runs/a
  medley pretrain --config picturebook --set train.lr=1e-3 --minutes 30
  medley pretrain --config tiny --print-config > my.toml && medley pretrain --config my.toml
  medley pretrain --config small --data captions.json --images pictures --val 5%
  medley pretrain --resume runs/a)");
  sub->callback([&p] { p.command = [&p] { return train_command(p.pretrain); }; });
}

void add_finetune(CLI::App& app, Program& p) {
  CLI::App* finetune =
      app.add_subcommand("finetune", "train a trained model for one task, on your own data");
  finetune->require_subcommand(1);
  struct Task {
    const char *name, *help;
  };
  for (const Task& task : {Task{"caption", "to write captions"},
                           {"retrieval", "to find pictures by text and texts by picture"},
                           {"vqa", "to answer questions about pictures"},
                           {"nlvr", "to say whether a sentence is true of two pictures"}}) {
    CLI::App* sub = finetune->add_subcommand(task.name, task.help);
    TrainingOptions& o = p.finetune;
    sub->add_option("--from", o.from, "run, checkpoint, Hugging Face folder or .pth to start from");
    auto* config = sub->add_option(
        "--config", o.config,
        "recipe or TOML file (default: the original's, or small_... for a small model)");
    sub->add_option("--resume", o.resume, "go on with this run, with its configuration")
        ->excludes(config);
    sub->add_option("--freeze", o.freeze, "vision, text, all-but-heads: what stays as it is");
    sub->add_option("--layer-decay", o.layer_decay,
                    "factor on the rate from each block to the one below (default: 1)");
    sub->add_option("--lora", o.lora, "rank of low-rank changes: only these are trained");
    add_training_options(sub, o);
    sub->footer(str("Examples:\n  medley finetune ", task.name,
                    " --from runs/demo --data my_pictures --out runs/mine\n  medley finetune ",
                    task.name,
                    " --from blip-base --data train.json --images pictures --val val.json "
                    "--epochs 5\n  medley finetune ",
                    task.name, " --resume runs/mine"));
    sub->callback([&p, name = std::string(task.name)] {
      p.finetune.task = name;
      p.command = [&p] { return train_command(p.finetune); };
    });
  }
  finetune->footer("Example:\n  medley finetune caption --from runs/demo --data my_pictures");
}

void add_demo(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand("demo", "train on scenes, evaluate, caption, write a report");
  DemoOptions& o = p.demo;
  sub->add_option("--out", o.out, "folder of the run (default: runs/demo)");
  sub->add_option("--steps", o.steps, "fewer steps: faster and worse");
  sub->add_option("--seed", o.seed, "of everything random");
  sub->add_option("--threads", o.threads, "results do not depend on it");
  json_flag(sub, o.json);
  sub->footer("Examples:\n  medley demo\n  medley demo --out runs/short --steps 200");
  sub->callback([&p] { p.command = [&p] { return demo(p.demo); }; });
}

void add_score(CLI::App& app, Program& p) {
  CLI::App* score = app.add_subcommand("score", "measure results that lie in files");
  score->require_subcommand(1);
  score->footer("Example:\n  medley score captions said.json captions_val.json");
  CLI::App* sub = score->add_subcommand(
      "captions", "BLEU, ROUGE-L and CIDEr of captions, as the COCO caption evaluation");
  sub->add_option("predictions", p.score.predictions, "JSON list of {\"image_id\", \"caption\"}")
      ->required();
  sub->add_option("references", p.score.references,
                  "JSON object whose \"annotations\" are such a list")
      ->required();
  json_flag(sub, p.score.json);
  sub->footer("Example:\n  medley score captions said.json captions_val.json --json");
  sub->callback([&p] { p.command = [&p] { return score_captions(p.score); }; });
}

void add_rest(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand("inspect", "list and verify the tensors of a file");
  sub->add_option("path", p.inspect.path,
                  "safetensors or .pth file, run, checkpoint or Hugging Face folder")
      ->required();
  sub->add_flag("--strict", p.inspect.strict, "refuse fields that the format does not know, too");
  json_flag(sub, p.inspect.json);
  sub->footer(
      "Examples:\n  medley inspect model.safetensors\n  medley inspect model_base.pth --json\n"
      "  medley inspect runs/demo\n"
      "Exit code 3 when a file is refused.");
  sub->callback([&p] { p.command = [&p] { return inspect(p.inspect); }; });

  sub = app.add_subcommand("info", "the build, the machine, environment variables");
  json_flag(sub, p.info_json);
  sub->footer("Example:\n  medley info --json");
  sub->callback([&p] { p.command = [&p] { return info_command(p.info_json); }; });

  sub = app.add_subcommand("draw", "compose a picture that models of scenes understand");
  sub->add_option("caption", p.draw.caption, "\"a cat\", \"a cat left of an owl\" (above, ...)")
      ->required();
  sub->add_option("out", p.draw.out, "PNG file to write")->required();
  sub->add_option("--side", p.draw.side, "pixels (default: 48, what models of scenes see)")
      ->check(CLI::Range(8, 1024));
  sub->add_option("--artist", p.draw.artist,
                  "who draws all of it (default: by the rules of scenes)")
      ->check(CLI::IsMember({"noto", "twemoji"}));
  sub->add_option("--seed", p.draw.seed, "another one: other places, sizes, artists");
  sub->footer(
      "Examples:\n  medley draw \"a cat left of an owl\" out.png\n"
      "  medley draw \"a rocket below a cat\" out.png --side 256 --artist noto --seed 3\n"
      "`medley draw \"a ?\" out.png` lists what there are drawings of.");
  sub->callback([&p] { p.command = [&p] { return draw(p.draw); }; });

  sub = app.add_subcommand("report", "write report.html of a run again");
  sub->add_option("run", p.report.run, "folder of the run")->required();
  json_flag(sub, p.report.json);
  sub->footer("Example:\n  medley report runs/demo");
  sub->callback([&p] { p.command = [&p] { return report(p.report); }; });
}

std::vector<std::string> command_names(CLI::App* app) {
  std::vector<std::string> names;
  for (CLI::App* sub : app->get_subcommands([](CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> flag_names(CLI::App* app) {
  std::vector<std::string> names;
  for (CLI::Option* option : app->get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string path_of(CLI::App* app) {
  return (app->get_parent() ? path_of(app->get_parent()) + " " : "") + app->get_name();
}

// The nearest of the options, or the key of the configuration that other tools call so.
std::string nearest_option(const std::string& flag, const std::vector<std::string>& known) {
  std::string word = flag.substr(2);
  std::replace(word.begin(), word.end(), '-', '_');
  const std::string key = nearest_key(word, {});
  const bool has_keys = std::find(known.begin(), known.end(), "--set") != known.end();
  return has_keys && !key.empty() ? key + " (--set KEY=VALUE)" : did_you_mean(flag, known);
}

// What is wrong with a command line, with the nearest right word; CLI11's own message where it is
// something else.
std::string explain(CLI::App* app, int argc, char** argv, const CLI::ParseError& error) {
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word.starts_with("--") && word.size() > 2) {
      std::string flag = word.substr(0, word.find('='));
      std::vector<std::string> known = flag_names(app);
      if (std::find(known.begin(), known.end(), flag) == known.end())
        return str(path_of(app), " has no option ", flag, nearest_option(flag, known));
    } else if (std::vector<std::string> names = command_names(app); !names.empty()) {
      if (std::find(names.begin(), names.end(), word) == names.end())
        return str(path_of(app), " has no command '", word, "'", did_you_mean(word, names));
      app = app->get_subcommand(word);
    }
  }
  return path_of(app) + ": " + error.what();
}

int fail(const std::string& message, int code) {
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return code;
}

}  // namespace

int run_cli(int argc, char** argv) {
  ignore_write_signals();
  try {
    CLI::App app("medley trains BLIP, a model of pictures and text, from nothing.", "medley");
    Program program;
    app.footer(kFooter);
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("medley ") + MEDLEY_VERSION);
    add_demo(app, program);
    add_pretrain(app, program);
    add_finetune(app, program);
    add_model_commands(app, program);
    add_eval_commands(app, program);
    add_score(app, program);
    add_data_commands(app, program);
    add_capfilt_commands(app, program);
    add_rest(app, program);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
      std::string message = explain(&app, argc, argv, error);
      return fail(message + "\n  hint: `medley --help` and `medley COMMAND --help` have examples",
                  kExitUsage);
    }
    const int code = program.command();
    flush_output();
    return code;
  } catch (const Error& error) {
    return fail(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return fail(
        "out of memory\n  hint: a smaller train.batch_size needs less, and train.accumulate takes "
        "several batches a step",
        kExitMemory);
  } catch (const std::exception& error) {
    return fail(error.what(), kExitInternal);
  }
}

}  // namespace medley::train
