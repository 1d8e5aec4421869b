// The figures of an experiment: rows, each with several seeds; means and intervals beside those of
// the paper.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"

namespace medley::train {

// What the paper reports: R@1 of texts and pictures on COCO, fine-tuned; the same on Flickr30K,
// zero-shot; BLEU-4 and CIDEr on COCO.
using PaperFigures = std::array<double, 6>;

// Figures of a row with one seed, in the order of the table's columns.
using RowFigures = std::vector<std::pair<std::string, double>>;

class ExperimentTable {
 public:
  // Figures of the paper are 0 where it has no such row.
  void add_row(const std::string& name, const PaperFigures& paper);
  // Measures how far the others go on the way between two rows.
  void measure_between(size_t from, size_t to);
  void add(size_t row, const RowFigures& figures);

  // {"rows": [{"name", "paper": {..}, "figures": {NAME: {"seeds", "mean", "interval"}}, "way":
  // {NAME: ..}}]}: intervals are of 95 % (Student's t), with two seeds or more. `way` is how much
  // of the way from one row to the other a row goes, by seed.
  Json json() const;
  // The same for people: a column for each row of the table, since figures are many.
  std::vector<std::vector<std::string>> lines() const;
  std::string markdown() const;

 private:
  using Values = std::map<std::string, std::vector<double>>;  // of each seed
  struct Row {
    std::string name;
    PaperFigures paper;
    Values values;
  };
  Values way(const Row& row) const;

  std::vector<Row> rows_;
  std::vector<std::string> names_;  // of figures
  int64_t from_ = -1, to_ = -1;
};

}  // namespace medley::train
