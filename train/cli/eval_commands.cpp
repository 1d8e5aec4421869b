// The command line of medley eval.
#include <CLI/CLI.hpp>

#include "core/str.h"
#include "train/cli/program.h"

namespace medley::train {
namespace {

// What goes for all tasks.
CLI::App* add_task(CLI::App* eval, Program& p, const char* task, const char* help,
                   const char* examples) {
  CLI::App* sub = eval->add_subcommand(task, help);
  EvalCommandOptions& o = p.eval;
  sub->add_option("model", o.model, kModelHelp)->required();
  sub->add_option("--split", o.splits,
                  "split of the run's data; may be repeated (default: all of its eval.splits)");
  sub->add_option("--data", o.data, "data of your own instead, in any form of docs/data.md");
  sub->add_option("--images", o.images, "folder or tar of its pictures (default: beside it)");
  sub->add_option("--out", o.out, "write what the model said to this JSON file");
  sub->add_option("--batch", o.batch, "pictures at a time (default: the run's, or 64)")
      ->check(CLI::Range(1, kMostAtOnce));
  picture_options(sub, o.pictures);
  open_options(sub, o.open);
  json_flag(sub, o.json);
  sub->footer(str("Examples:\n", examples,
                  "Every figure has its 95 % interval, and beside it what the trivial answer "
                  "scores.\ndocs/evaluation.md says how each is computed."));
  sub->callback([&p, task] {
    p.eval.task = task;
    p.command = [&p] { return evaluate(p.eval); };
  });
  return sub;
}

void first_token_option(CLI::App* sub, EvalCommandOptions& o) {
  sub->add_option("--first-token", o.first_token,
                  "enc (default: the original's evaluation) or cls (transformers'): token in front "
                  "of a text that is read with a picture")
      ->check(CLI::IsMember({"enc", "cls"}));
}

void search_options(CLI::App* sub, EvalCommandOptions& o) {
  sub->add_option("--rerank", o.rerank,
                  "candidates of each query that ITM orders again (default: the run's, or 16; the "
                  "original: 256 for COCO, 128 for Flickr30k; 0: ITC only)")
      ->check(CLI::Range(0, 1'000'000));
  first_token_option(sub, o);
}

void add_caption(CLI::App* eval, Program& p) {
  CLI::App* sub =
      add_task(eval, p, "caption", "captions: exact, token F1, BLEU-1 to 4, ROUGE-L, CIDEr",
               "  medley eval caption runs/demo --split test_pair\n"
               "  medley eval caption blip-image-captioning-base --data captions_val2014.json "
               "--beams 3 --min-tokens 5 --prompt \"a picture of\" --out said.json\n"
               "said.json has COCO's result form, which `medley score captions` reads.\n");
  models::GenerateOptions& g = p.eval.measure.caption.generate;
  sub->add_option("--prompt", p.eval.measure.caption.prompt,
                  "words that each caption begins with; they are not scored (default: the run's)");
  sub->add_option("--beams", g.beams, "beam search with so many beams (default: 1, greedy)");
  sub->add_option("--max-tokens", g.max_length,
                  "longest caption; [DEC] and the prompt count (default: the model's)")
      ->check(CLI::PositiveNumber);
  sub->add_option("--min-tokens", g.min_length, "shortest caption, counted in the same way");
}

void add_vqa(CLI::App* eval, Program& p) {
  CLI::App* sub = add_task(eval, p, "vqa", "questions about pictures: the official accuracy",
                           "  medley eval vqa runs/vqa --split test\n"
                           "  medley eval vqa runs/vqa --split test --rank\n"
                           "  medley eval vqa blip-vqa-base --data vqa.json --candidates "
                           "answer_list.json --out said.json\n");
  EvalCommandOptions& o = p.eval;
  sub->add_option("--candidates", o.candidates,
                  "file of answers, one per line or a JSON list: the best of them is chosen "
                  "instead of writing one");
  sub->add_flag("--rank", o.rank, "the same with the answers of the run's training set");
  sub->add_option("--top", o.measure.answers.rank,
                  "candidates that are scored whole, those of the likeliest first tokens (default: "
                  "128)")
      ->check(CLI::Range(1, 1'000'000));
  sub->add_option("--beams", o.measure.answers.generate.beams,
                  "beams of a written answer (default: 3)");
  sub->add_option("--max-tokens", o.measure.answers.generate.max_length,
                  "longest answer, [DEC] counted (default: 10)");
  first_token_option(sub, o);
}

void add_classify(CLI::App* eval, Program& p) {
  CLI::App* sub = add_task(
      eval, p, "classify", "zero-shot classification: the class whose name fits best",
      "  medley eval classify runs/demo --data pictures_by_folder\n"
      "  medley eval classify blip-itm-base-coco --data pets.csv --template \"a photo of a {}\" "
      "--template \"a {} at home\"\n");
  sub->add_option("--template", p.eval.measure.templates,
                  "sentence with {} for the class; may be repeated: the mean of the features is "
                  "taken (default: \"a picture of {}\")");
  sub->add_option(
      "--candidates", p.eval.candidates,
      "file of all classes, one per line or a JSON list (default: those of the data: its "
      "captions, or the names of the folders that the pictures are in)");
}

}  // namespace

void add_eval_commands(CLI::App& app, Program& p) {
  CLI::App* eval = app.add_subcommand("eval", "measure a trained model");
  eval->require_subcommand(1);
  add_caption(eval, p);
  search_options(add_task(eval, p, "retrieval",
                          "pictures to texts and back: R@1, R@5, R@10, by ITC and with ITM",
                          "  medley eval retrieval runs/demo --split test_pair\n"
                          "  medley eval retrieval runs/demo --data X.json --json\n"),
                 p.eval);
  add_vqa(eval, p);
  add_task(eval, p, "nlvr", "sentences about two pictures, true or false: accuracy",
           "  medley eval nlvr runs/nlvr --split test\n"
           "  medley eval nlvr runs/nlvr --data nlvr_dev.jsonl --out said.json\n");
  add_classify(eval, p);
  search_options(
      add_task(eval, p, "video", "zero-shot video retrieval over eight frames of each video",
               "  medley eval video runs/demo --data videos\n"
               "  medley eval video blip-itm-base-coco --data msrvtt --rerank 64\n"),
      p.eval);
  eval->footer(
      "Examples:\n  medley eval retrieval runs/demo\n  medley eval caption runs/demo --json");
}

}  // namespace medley::train
