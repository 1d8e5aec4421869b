// medley experiment: tables 1 to 4 of the paper (Li et al. 2022) on a small web, several seeds
// each. A row is a model that is pre-trained from nothing on pairs of some origin; rows of one seed
// share what they can, so that the four tables cost less than four times the first.
#include <map>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/cli/capfilt_stages.h"
#include "train/cli/experiment_table.h"
#include "train/cli/print.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

constexpr int64_t kBeams = 3;  // of table 2

struct TableRow {
  std::string name;
  PaperFigures paper{};
  bool captioner = false, filter = false;  // of CapFilt; neither: the pairs as they are
  bool beams = false, one_model = false;   // captions by beam search; captioner and filter are one
  std::string share = {};                  // model.share; empty: the configuration's
  bool true_captions = false;              // of the simulated web: what a perfect captioner gives

  // The name of its run: equal for rows of several tables that are the same model.
  std::string run() const {
    if (true_captions) return "true";
    if (!share.empty() && share != "all_but_self_attention") return "noisy_" + share;
    if (!captioner && !filter) return "noisy";
    return str(captioner ? "captioner_" : "", filter ? "filter_" : "", labels());
  }
  std::string labels() const { return beams ? "beams" : one_model ? "one" : "labels"; }
};

constexpr PaperFigures kNone{78.4, 60.7, 93.9, 82.1, 38.0, 127.8},
    kBoth{80.6, 63.1, 94.8, 84.9, 38.6, 129.7};

std::vector<TableRow> rows_of(const std::string& table) {
  if (table == "table1")
    return {
        {.name = "pairs as they are", .paper = kNone},
        {.name = "filter", .paper = {79.1, 61.5, 94.1, 82.8, 38.1, 128.2}, .filter = true},
        {.name = "captioner", .paper = {79.7, 62.0, 94.4, 83.6, 38.4, 128.9}, .captioner = true},
        {.name = "captioner and filter", .paper = kBoth, .captioner = true, .filter = true},
        {.name = "true captions", .true_captions = true}};
  if (table == "table2")
    return {{.name = "pairs as they are", .paper = kNone},
            {.name = "beams",
             .paper = {79.6, 61.9, 94.1, 83.1, 38.4, 128.9},
             .captioner = true,
             .filter = true,
             .beams = true},
            {.name = "nucleus", .paper = kBoth, .captioner = true, .filter = true}};
  if (table == "table3")
    return {{.name = "all", .paper = {77.3, 59.5, 93.1, 81.0, 37.2, 125.9}, .share = "all"},
            {.name = "all but cross-attention",
             .paper = {77.5, 59.9, 93.1, 81.3, 37.4, 126.1},
             .share = "all_but_cross_attention"},
            {.name = "all but self-attention", .paper = kNone, .share = "all_but_self_attention"},
            {.name = "none", .paper = {78.3, 60.5, 93.6, 81.9, 37.8, 127.4}, .share = "none"}};
  if (table == "table4")
    return {{.name = "one model",
             .paper = {79.8, 62.2, 94.3, 83.7, 38.4, 129.0},
             .captioner = true,
             .filter = true,
             .one_model = true},
            {.name = "decoupled", .paper = kBoth, .captioner = true, .filter = true}};
  throw ConfigError("no table is called " + table, "there are table1, table2, table3 and table4");
}

// The pairs of a row, and what is known of them.
struct RowPairs {
  CapfiltStages::Pairs pairs;
  RowFigures figures = {};
};

RowPairs pairs_of(const CapfiltStages& stages, const TableRow& row, bool quick) {
  if (row.true_captions) return {stages.true_pairs()};
  stages.pretrain("noisy", stages.noisy_pairs());
  if (!row.captioner && !row.filter) return {stages.noisy_pairs()};
  if (row.one_model) {
    stages.finetune("both", "pretrain");
    stages.label("one", "both", "both");
  } else {
    stages.finetune("captioner", "caption");
    stages.finetune("filter", "retrieval");
    stages.label(row.labels(), "captioner", "filter", row.beams ? kBeams : 0);
  }
  SelectOptions options{.folder = row.labels(), .synthetic = row.captioner};
  if (!row.filter)
    options.keep = 1;
  else if (quick)
    options.keep = 0.5;  // an untrained filter may find no text likely
  const auto [selection, pairs] = stages.select("pairs_" + row.run(), options);
  RowPairs of_row{pairs};
  if (row.captioner && row.filter) {
    const SourceCounts& captions = selection.sources.at("synthetic");
    of_row.figures.emplace_back("captions dropped",
                                1 - static_cast<double>(captions.kept) /
                                        static_cast<double>(std::max<int64_t>(1, captions.texts)));
  }
  return of_row;
}

// Which part of the pairs is right, where the web is simulated.
double right_part(const CapfiltStages& stages, const CapfiltStages::Pairs& pairs) {
  std::map<std::string, std::string> truth;
  const Json of_web = Json::read(stages.path_of("web/web_truth.json"));
  for (const Json& row : of_web.items())
    truth.emplace(row.at("image").text(), row.at("caption").text());
  const OpenedData opened = open_data(pairs.data, {.images = pairs.images});
  int64_t right = 0;
  for (int64_t i = 0; i < opened.data->size(); ++i) {
    const Row row = opened.data->row(i);
    const auto found = truth.find(opened.data->picture_name(row.pictures.at(0)));
    right += found == truth.end() || found->second == row.text;
  }
  return static_cast<double>(right) / static_cast<double>(opened.data->size());
}

// With one seed.
RowFigures figures_of(const CapfiltStages& stages, const TableRow& row, bool quick) {
  const RowPairs of_row = pairs_of(stages, row, quick);
  std::vector<std::string> set;
  if (!row.share.empty()) set.push_back("model.share=" + row.share);
  stages.pretrain(row.run(), of_row.pairs, set);
  RowFigures figures;
  if (stages.is_simulated()) figures.emplace_back("right pairs", right_part(stages, of_row.pairs));
  const Json eval = stages.evaluate(row.run());
  for (const auto& [split, of_split] : eval.members()) {
    figures.emplace_back(split + " TR", of_split.at("i2t_itm").at("r1").number());
    figures.emplace_back(split + " IR", of_split.at("t2i_itm").at("r1").number());
    const Json& captions = of_split.at("captions");
    if (stages.is_simulated())
      figures.emplace_back(split + " exact", captions.at("exact").number());
    else
      figures.emplace_back(split + " CIDEr", captions.at("cider").number());
  }
  figures.insert(figures.end(), of_row.figures.begin(), of_row.figures.end());
  return figures;
}

// Written after every row, so that what there is can be looked at.
void write(const std::string& path, const ExperimentTable& table) {
  replace_file(path + ".json", table.json().dump(1) + "\n");
  replace_file(path + ".md", table.markdown());
}

ExperimentTable run_rows(const ExperimentOptions& options, std::vector<TableRow> rows) {
  if (!options.setup.web.empty())
    std::erase_if(rows, [](const TableRow& row) { return row.true_captions; });
  ExperimentTable table;
  for (const TableRow& row : rows) table.add_row(row.name, row.paper);
  if (rows.back().true_captions) table.measure_between(0, rows.size() - 1);
  for (int64_t seed = 1; seed <= options.seeds; ++seed) {
    CapfiltSetup setup = options.setup;
    setup.out += str("/seed", seed);
    setup.seed = seed;
    const CapfiltStages stages(setup, Json::object());
    for (size_t row = 0; row < rows.size(); ++row) {
      info(str(options.table, ", seed ", seed, ": ", rows[row].name));
      table.add(row, figures_of(stages, rows[row], options.quick));
      write(options.setup.out + "/" + options.table, table);
    }
  }
  return table;
}

}  // namespace

int experiment(const ExperimentOptions& options) {
  ExperimentOptions o = options;
  if (o.quick) {
    o.setup.config = "tiny";
    o.setup.count = o.setup.count.value_or(60);
    o.setup.steps = o.setup.steps.value_or(3);
    o.setup.epochs = o.setup.epochs.value_or(0.05);
    o.seeds = 1;
  }
  if (o.seeds < 1) throw ConfigError(str("--seeds is ", o.seeds, " but must be at least 1"));
  try {
    const ExperimentTable table = run_rows(o, rows_of(o.table));
    if (o.json)
      print_json(table.json());
    else
      print_table(table.lines());
    info(str("written: ", o.setup.out, "/", o.table, ".json and .md"));
    return 0;
  } catch (const StageStopped&) {
    info("stopped; everything is saved, and the same command goes on");
    return kExitStopped;
  }
}

}  // namespace medley::train
