// Sums of figures and the file of metrics.
#include "train/loop/metrics.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/read_text.h"
#include "core/str.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

struct MetricsText {
  std::vector<std::pair<std::string, Json>> lines;
  bool damaged = false;  // a line that is not the last: that one may be cut short by a crash

  MetricsText(const std::string& text, const std::string& source) {
    std::istringstream in(text);
    bool bad = false;
    for (std::string line; std::getline(in, line);) {
      damaged |= bad;
      bad = true;
      if (in.eof()) break;
      try {
        Json json = Json::parse(line, source);
        json.at("step").integer();
        lines.emplace_back(std::move(line), std::move(json));
        bad = false;
      } catch (const DataError&) {
      }
    }
  }
};

}  // namespace

double Figures::at(const std::string& name) const {
  for (size_t i = 0; i < what.size(); ++i)
    if (what[i].name == name) return values[i];
  throw ValueError(str("there is no figure '", name, "'"));
}

std::vector<models::Figure> step_figures(const models::Objective& objective) {
  std::vector<models::Figure> what = objective.figures();
  const auto last = std::find_if(what.begin(), what.end(), [](const models::Figure& figure) {
    return figure.kind == models::Figure::last;
  });
  what.insert(last, {"gradient_norm", models::Figure::mean});
  what.push_back({"lr", models::Figure::last});
  return what;
}

FigureSums::FigureSums(std::vector<models::Figure> what) : sums_{std::move(what), {}} { reset(); }

void FigureSums::add(const std::vector<double>& values) {
  for (size_t i = 0; i < sums_.what.size(); ++i) {
    double& sum = sums_.values[i];
    sum = sums_.what[i].kind == models::Figure::last ? values[i] : sum + values[i];
  }
  ++steps_;
}

Figures FigureSums::means() const {
  Figures means = sums_;
  if (steps_ == 0) return means;
  for (size_t i = 0; i < means.what.size(); ++i)
    if (means.what[i].kind != models::Figure::last) means.values[i] /= static_cast<double>(steps_);
  return means;
}

Json FigureSums::line(int64_t step) const {
  Json line = Json::object();
  line.set("step", step);
  const Figures figures = means();
  for (size_t i = 0; i < figures.what.size() && steps_ > 0; ++i)
    line.set(figures.what[i].name, figures.values[i]);
  if (skipped_ > 0) line.set("skipped_steps", skipped_);
  return line;
}

void FigureSums::reset() {
  sums_.values.assign(sums_.what.size(), 0);
  steps_ = skipped_ = 0;
}

Json FigureSums::state() const {
  Json state = Json::object();
  state.set("steps", steps_).set("skipped", skipped_);
  for (size_t i = 0; i < sums_.what.size(); ++i) state.set(sums_.what[i].name, sums_.values[i]);
  return state;
}

void FigureSums::restore(const Json& state) {
  steps_ = state.at("steps").integer();
  skipped_ = state.at("skipped").integer();
  for (size_t i = 0; i < sums_.what.size(); ++i)
    sums_.values[i] = state.at(sums_.what[i].name).number();
}

MetricsLog::MetricsLog(std::string path, int64_t last_step) : path_(std::move(path)) {
  if (!is_there(path_)) return;
  const std::string text = read_text(path_);
  const MetricsText read(text, path_);
  std::string kept;
  for (const auto& [line, json] : read.lines)
    if (json.at("step").integer() <= last_step) kept += line + "\n";
  if (read.damaged) {
    const std::string aside = path_ + ".damaged";
    replace_file(aside, text);
    warn(str(path_, " has lines that cannot be read: they are left out, and ", aside,
             " is the file as it was"));
  }
  if (kept != text) replace_file(path_, kept);
}

void MetricsLog::append(const Json& line) {
  std::string text = std::exchange(waiting_, {}) + line.dump() + "\n";
  try {
    write(text);
  } catch (const IoError& error) {
    waiting_ = std::move(text);
    if (!warned_)
      warn(str(error.what(), "; training goes on, lines of metrics are kept for later"));
    warned_ = true;
  }
}

void MetricsLog::write(const std::string& text) {
  const uint64_t before = is_there(path_) ? std::filesystem::file_size(path_) : 0;
  OutputFile file(path_, OutputFile::Mode::append);
  try {
    file.write(text);
    file.close();
  } catch (const IoError&) {
    truncate_file(path_, before);  // no half line
    throw;
  }
}

void MetricsLog::sync() {
  try {
    if (!waiting_.empty()) write(waiting_);
    waiting_.clear();
    OutputFile file(path_, OutputFile::Mode::append);
    file.sync();
  } catch (const IoError& error) {
    warn(error.what());
  }
}

std::vector<std::pair<std::string, double>> numbers_of(const Json& line) {
  std::vector<std::pair<std::string, double>> numbers;
  for (const auto& [key, value] : line.members()) {
    if (value.is_number()) numbers.emplace_back(key, value.number());
    if (!value.is_object()) continue;
    for (auto& [path, number] : numbers_of(value)) numbers.emplace_back(key + "." + path, number);
  }
  return numbers;
}

std::string metrics_csv(const std::vector<Json>& lines) {
  std::vector<std::string> columns;
  std::map<std::string, size_t> places;
  std::string rows;
  for (const Json& line : lines) {
    std::vector<std::string> row(columns.size());
    for (const auto& [name, value] : numbers_of(line)) {
      const auto [place, is_new] = places.try_emplace(name, columns.size());
      if (is_new) columns.push_back(name);
      row.resize(columns.size());
      row[place->second] = Json(value).dump();
    }
    for (size_t i = 0; i < row.size(); ++i) rows += (i ? "," : "") + row[i];
    rows += "\n";
  }
  std::string head;
  for (const std::string& column : columns) head += (head.empty() ? "" : ",") + column;
  return head + "\n" + rows;
}

std::vector<Json> read_metrics(const std::string& path) {
  std::vector<Json> result;
  if (!is_there(path)) return result;
  MetricsText read(read_text(path), path);
  for (auto& [line, json] : read.lines) result.push_back(std::move(json));
  if (read.damaged) warn(path + " has lines that cannot be read: they are left out");
  return result;
}

}  // namespace medley::train
