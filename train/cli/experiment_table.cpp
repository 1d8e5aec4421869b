// Means over seeds.
#include "train/cli/experiment_table.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/str.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

constexpr std::array<const char*, 6> kPaperFigures{"TR",           "IR",  "zero-shot TR",
                                                   "zero-shot IR", "B@4", "CIDEr"};

struct Estimate {
  double mean = 0;
  std::optional<double> half;  // of the interval
};

Estimate estimate(const std::vector<double>& values) {
  // 97.5 % quantiles of Student's t with 1, 2, .. degrees of freedom; about 2 with more.
  constexpr std::array<double, 9> kStudent{12.706, 4.303, 3.182, 2.776, 2.571,
                                           2.447,  2.365, 2.306, 2.262};
  constexpr double kMany = 2.23;
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  for (const double value : values) squares += (value - sum / n) * (value - sum / n);
  if (values.size() < 2) return {sum / n, {}};
  const double t = values.size() <= kStudent.size() + 1 ? kStudent[values.size() - 2] : kMany;
  return {sum / n, t * std::sqrt(squares / (n - 1) / n)};
}

Json json_of(const std::vector<double>& values) {
  const Estimate e = estimate(values);
  const auto list = [](const std::vector<double>& numbers) {
    Json json = Json::array();
    for (const double number : numbers) json.push(number);
    return json;
  };
  Json json = Json::object().set("seeds", list(values)).set("mean", e.mean);
  if (e.half) json.set("interval", list({e.mean - *e.half, e.mean + *e.half}));
  return json;
}

std::string text_of(const std::vector<double>& values) {
  const Estimate e = estimate(values);
  return fixed(e.mean, 3) + (e.half ? " ± " + fixed(*e.half, 3) : "");
}

}  // namespace

void ExperimentTable::add_row(const std::string& name, const PaperFigures& paper) {
  rows_.push_back({name, paper, {}});
}

void ExperimentTable::measure_between(size_t from, size_t to) {
  from_ = static_cast<int64_t>(from);
  to_ = static_cast<int64_t>(to);
}

void ExperimentTable::add(size_t row, const RowFigures& figures) {
  for (const auto& [name, value] : figures) {
    rows_[row].values[name].push_back(value);
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
  }
}

ExperimentTable::Values ExperimentTable::way(const Row& row) const {
  Values way;
  if (from_ < 0) return way;
  const Values &from = rows_[static_cast<size_t>(from_)].values,
               &to = rows_[static_cast<size_t>(to_)].values;
  for (const auto& [name, values] : row.values) {
    const auto first = from.find(name), last = to.find(name);
    if (first == from.end() || last == to.end()) continue;
    const size_t seeds = std::min({values.size(), first->second.size(), last->second.size()});
    for (size_t s = 0; s < seeds; ++s)
      if (const double whole = last->second[s] - first->second[s]; whole != 0)
        way[name].push_back((values[s] - first->second[s]) / whole);
  }
  return way;
}

Json ExperimentTable::json() const {
  Json rows = Json::array();
  for (const Row& row : rows_) {
    const auto all = [&](const Values& values) {
      Json json = Json::object();
      for (const std::string& name : names_)
        if (const auto found = values.find(name); found != values.end())
          json.set(name, json_of(found->second));
      return json;
    };
    Json json = Json::object().set("name", row.name);
    if (row.paper[0] > 0) {
      Json paper = Json::object();
      for (size_t i = 0; i < kPaperFigures.size(); ++i) paper.set(kPaperFigures[i], row.paper[i]);
      json.set("paper", paper);
    }
    json.set("figures", all(row.values));
    if (from_ >= 0) json.set("way", all(way(row)));
    rows.push(std::move(json));
  }
  return Json::object().set("rows", rows);
}

std::vector<std::vector<std::string>> ExperimentTable::lines() const {
  std::vector<std::vector<std::string>> lines(1, {""});
  for (const Row& row : rows_) lines[0].push_back(row.name);
  const auto add_lines = [&](const std::string& before, const std::vector<Values>& of_rows) {
    for (const std::string& name : names_) {
      lines.push_back({before + name});
      for (const Values& values : of_rows) {
        const auto found = values.find(name);
        lines.back().push_back(found == values.end() ? "" : text_of(found->second));
      }
    }
  };
  std::vector<Values> own, ways;
  for (const Row& row : rows_) {
    own.push_back(row.values);
    ways.push_back(way(row));
  }
  add_lines("", own);
  if (from_ >= 0) add_lines("of the way: ", ways);
  for (size_t i = 0; i < kPaperFigures.size(); ++i) {
    lines.push_back({str("paper: ", kPaperFigures[i])});
    for (const Row& row : rows_)
      lines.back().push_back(row.paper[i] > 0 ? fixed(row.paper[i], 1) : "");
  }
  return lines;
}

std::string ExperimentTable::markdown() const {
  std::string text;
  for (const std::vector<std::string>& line : lines()) {
    const bool heading = text.empty();
    for (const std::string& cell : line) text += "| " + cell + " ";
    text += "|\n";
    if (!heading) continue;
    for (size_t i = 0; i < line.size(); ++i) text += "|---";
    text += "|\n";
  }
  return text;
}

}  // namespace medley::train
