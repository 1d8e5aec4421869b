// The command line: commands that train, and what goes for all.
#include "train/cli/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"
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

void add_pretrain(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand("pretrain", "train a model");
  PretrainOptions& o = p.pretrain;
  auto* config = sub->add_option("--config", o.config, "preset (see medley info) or TOML file");
  sub->add_option("--out", o.out, "folder of the run (default: runs/<preset>)");
  sub->add_option("--resume", o.resume, "go on with this run, with its configuration")
      ->excludes(config);
  sub->add_option("--set", o.set, "KEY=VALUE: change a key of the configuration");
  sub->add_option("--steps", o.steps, "the same as --set train.steps=...");
  sub->add_option("--minutes", o.minutes, "stop cleanly after so much training time");
  sub->add_option("--batch", o.batch, "pictures a step");
  sub->add_option("--seed", o.seed, "of everything random");
  sub->add_option("--device", o.device, "cpu, cuda, cuda:N; auto: the first GPU, else the CPU");
  sub->add_option("--threads", o.threads, "results do not depend on it");
  sub->add_flag("--print-config", o.print_config, "print the whole configuration as TOML and end");
  json_flag(sub, o.json);
  sub->footer(R"(Examples:
  medley pretrain --config scenes --out runs/a
  medley pretrain --config picturebook --set train.lr=1e-3 --minutes 30
  medley pretrain --config tiny --print-config > my.toml && medley pretrain --config my.toml
  medley pretrain --resume runs/a)");
  sub->callback([&p] { p.command = [&p] { return pretrain(p.pretrain); }; });
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

void add_eval(CLI::App& app, Program& p) {
  CLI::App* eval = app.add_subcommand("eval", "measure a trained model");
  eval->require_subcommand(1);
  auto add = [&](const char* name, const char* help, bool captions) {
    CLI::App* sub = eval->add_subcommand(name, help);
    EvalCommandOptions& o = p.eval;
    sub->add_option("run", o.run, "run or checkpoint")->required();
    sub->add_option("--split", o.splits,
                    "split of the run's data (default: all of its eval.splits)");
    sub->add_option("--data", o.data, "JSON list of {\"image\", \"caption\"} instead");
    sub->add_option("--images", o.images, "tar of the pictures that it names");
    sub->add_option("--device", o.device, "cpu, cuda, cuda:N; auto: the first GPU, else the CPU");
    json_flag(sub, o.json);
    sub->footer(str("Examples:\n  medley eval ", name,
                    " runs/demo --split test_pair\n  medley eval ", name,
                    " runs/demo --data X.json --images X.tar --json"));
    sub->callback([&p, captions] {
      p.eval.captions = captions;
      p.command = [&p] { return evaluate(p.eval); };
    });
  };
  add("retrieval", "pictures to texts and back: R@1, R@5, by ITC and with ITM", false);
  add("caption", "generated captions: exact, token F1, BLEU-2", true);
  eval->footer(
      "Examples:\n  medley eval retrieval runs/demo\n  medley eval caption runs/demo --json");
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

  CLI::App* data = app.add_subcommand("data", "work with data sets");
  data->require_subcommand(1);
  data->footer("Example:\n  medley data check train.json images.tar");
  sub = data->add_subcommand("check", "look for everything that is wrong with a data set");
  sub->add_option("data", p.check.data, "JSON list of {\"image\", \"caption\"}")->required();
  sub->add_option("images", p.check.images, "tar of the pictures that it names")->required();
  json_flag(sub, p.check.json);
  sub->footer(
      "Example:\n  medley data check train.json images.tar --json\n"
      "Exit code 3 when training on it would fail.");
  sub->callback([&p] { p.command = [&p] { return data_check(p.check); }; });

  sub = data->add_subcommand("make", "write the data of a task whose right answers are known");
  MakeOptions& make = p.make.make;
  sub->add_option("task", make.task, "vqa, nlvr, captions or classify")->required();
  sub->add_option(
         "--from", make.from,
         "scenes: composed pictures (vqa, nlvr, captions); picturebook: real drawings with "
         "people's labels (vqa, classify)")
      ->required();
  sub->add_option("--out", make.out, "folder to write")->required();
  sub->add_option("--count", make.count, "rows to train on, of scenes");
  sub->add_option("--seed", make.seed, "of the scenes (default: 1)");
  json_flag(sub, p.make.json);
  sub->footer(
      "Examples:\n  medley data make vqa --from scenes --out scenes_vqa\n"
      "  medley data make nlvr --from scenes --out scenes_nlvr --count 5000 --seed 2\n"
      "  medley data make classify --from picturebook --out groups");
  sub->callback([&p] { p.command = [&p] { return data_make(p.make); }; });

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

// What is wrong with a command line, with the nearest right word; CLI11's own message where it is
// something else.
std::string explain(CLI::App* app, int argc, char** argv, const CLI::ParseError& error) {
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word.starts_with("--") && word.size() > 2) {
      std::string flag = word.substr(0, word.find('='));
      std::vector<std::string> known = flag_names(app);
      if (std::find(known.begin(), known.end(), flag) == known.end())
        return str(path_of(app), " has no option ", flag, did_you_mean(flag, known));
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
  ignore_file_size_signal();
  try {
    CLI::App app("medley trains BLIP, a model of pictures and text, from nothing.", "medley");
    Program program;
    app.footer(kFooter);
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("medley ") + MEDLEY_VERSION);
    add_demo(app, program);
    add_pretrain(app, program);
    add_model_commands(app, program);
    add_eval(app, program);
    add_score(app, program);
    add_rest(app, program);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
      std::string message = explain(&app, argc, argv, error);
      return fail(message + "\n  hint: `medley --help` and `medley COMMAND --help` have examples",
                  kExitUsage);
    }
    return program.command();
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
