// The command line of the commands that work with data sets.
#include <CLI/CLI.hpp>

#include "train/cli/program.h"

namespace medley::train {
namespace {

constexpr const char* kData =
    "list, folder, shards as name-{00000..00147}.tar, or FILE#SPLIT (docs/data.md)";

void source_options(CLI::App* sub, std::string& images, ColumnNames& columns) {
  sub->add_option("--images", images,
                  "folder or tar of the pictures that a list names (default: found beside it)");
  sub->add_option("--image-column", columns.image, "column of a table that names the picture");
  sub->add_option("--caption-column", columns.caption, "column of the caption");
  sub->add_option("--question-column", columns.question, "column of the question");
  sub->add_option("--answer-column", columns.answer, "column of the answer");
}

void add_check(CLI::App* data, Program& p) {
  CLI::App* sub =
      data->add_subcommand("check", "look for everything that is wrong with a data set");
  DataCheckOptions& o = p.check;
  sub->add_option("data", o.data, kData)->required();
  source_options(sub, o.images, o.columns);
  sub->add_option("pictures", o.images, "the same as --images")->excludes("--images");
  sub->add_option("--val", o.val, "other data set, or a part like 5%: which pictures are in both?");
  sub->add_option("--vocab", o.vocab, "vocab.txt: count pieces, and those that it does not have");
  sub->add_option("--max-tokens", o.max_tokens, "count texts that are longer");
  picture_options(sub, o.pictures);
  sub->add_option("--html", o.html, "file for a page of samples");
  json_flag(sub, o.json);
  sub->footer(
      "Examples:\n  medley data check photos\n"
      "  medley data check coco/annotations/captions_val2017.json --images coco/val2017\n"
      "  medley data check train.json --val 5% --vocab vocab.txt --max-tokens 35 --html page.html\n"
      "Exit code 3 when training on it would fail.");
  sub->callback([&p] { p.command = [&p] { return data_check(p.check); }; });
}

void add_convert(CLI::App* data, Program& p) {
  CLI::App* sub =
      data->add_subcommand("convert", "write a data set as a list and a tar, or shards");
  DataConvertOptions& o = p.data_convert;
  sub->add_option("data", o.data, kData)->required();
  sub->add_option("out", o.out, "folder to write")->required();
  source_options(sub, o.images, o.columns);
  sub->add_option("--to", o.to,
                  "list: list.json and images.tar; shards: WebDataset (default: list)")
      ->check(CLI::IsMember({"list", "shards"}));
  sub->add_option("--rows-per-shard", o.rows_per_shard, "pictures of a shard (default: 10000)")
      ->check(CLI::PositiveNumber);
  sub->add_option("--side", o.side, "shrink pictures whose shorter side is longer")
      ->check(CLI::PositiveNumber);
  sub->footer(
      "Examples:\n  medley data convert photos photos-list\n"
      "  medley data convert captions_train2017.json coco --to shards --side 384\n"
      "The folder appears whole or not at all.");
  sub->callback([&p] { p.command = [&p] { return data_convert(p.data_convert); }; });
}

void add_make(CLI::App* data, Program& p) {
  CLI::App* sub =
      data->add_subcommand("make", "write the data of a task whose right answers are known");
  MakeOptions& make = p.make.make;
  sub->add_option("task", make.task, "vqa, nlvr, captions, web or classify")->required();
  sub->add_option(
         "--from", make.from,
         "scenes: composed pictures (vqa, nlvr, captions, web); picturebook: real drawings with "
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
}

}  // namespace

void add_data_commands(CLI::App& app, Program& program) {
  CLI::App* data = app.add_subcommand("data", "work with data sets");
  data->require_subcommand(1);
  data->footer("Example:\n  medley data check train.json --images images.tar");
  add_check(data, program);
  add_convert(data, program);
  add_make(data, program);
}

}  // namespace medley::train
