// Sums of figures and the file of metrics.
#include "train/loop/metrics.h"

#include <filesystem>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/read_text.h"
#include "core/str.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

struct Field {
  const char* name;
  double StepFigures::*value;
};
constexpr Field kMeans[] = {{"itc", &StepFigures::itc},
                            {"itm", &StepFigures::itm},
                            {"itm_accuracy", &StepFigures::itm_accuracy},
                            {"lm", &StepFigures::lm},
                            {"gradient_norm", &StepFigures::gradient_norm}};
constexpr Field kLasts[] = {{"temperature", &StepFigures::temperature}, {"lr", &StepFigures::lr}};

}  // namespace

void FigureSums::add(const StepFigures& figures) {
  for (const Field& field : kMeans) sums_.*field.value += figures.*field.value;
  for (const Field& field : kLasts) sums_.*field.value = figures.*field.value;
  ++steps_;
}

StepFigures FigureSums::means() const {
  StepFigures means = sums_;
  if (steps_ == 0) return means;
  for (const Field& field : kMeans) means.*field.value /= static_cast<double>(steps_);
  return means;
}

Json FigureSums::line(int64_t step) const {
  Json line = Json::object();
  line.set("step", step);
  StepFigures figures = means();
  if (steps_ > 0) {
    for (const Field& field : kMeans) line.set(field.name, figures.*field.value);
    for (const Field& field : kLasts) line.set(field.name, figures.*field.value);
  }
  if (skipped_ > 0) line.set("skipped_steps", skipped_);
  return line;
}

void FigureSums::reset() { *this = FigureSums(); }

Json FigureSums::state() const {
  Json state = Json::object();
  state.set("steps", steps_).set("skipped", skipped_);
  for (const Field& field : kMeans) state.set(field.name, sums_.*field.value);
  for (const Field& field : kLasts) state.set(field.name, sums_.*field.value);
  return state;
}

void FigureSums::restore(const Json& state) {
  steps_ = state.at("steps").integer();
  skipped_ = state.at("skipped").integer();
  for (const Field& field : kMeans) sums_.*field.value = state.at(field.name).number();
  for (const Field& field : kLasts) sums_.*field.value = state.at(field.name).number();
}

MetricsLog::MetricsLog(std::string path, int64_t last_step) : path_(std::move(path)) {
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return;
  std::istringstream lines(read_text(path_));
  uint64_t keep = 0;
  for (std::string line; std::getline(lines, line) && !lines.eof(); keep += line.size() + 1) {
    try {
      if (Json::parse(line, path_).at("step").integer() > last_step) break;
    } catch (const DataError&) {
      break;  // cut short by a crash
    }
  }
  truncate_file(path_, keep);
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
  std::error_code error;
  uint64_t before = std::filesystem::exists(path_, error) ? std::filesystem::file_size(path_) : 0;
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
    OutputFile file(path_, OutputFile::Mode::append);
    file.sync();
  } catch (const IoError& error) {
    warn(error.what());
  }
}

std::vector<Json> read_metrics(const std::string& path) {
  std::vector<Json> result;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return result;
  std::istringstream lines(read_text(path));
  for (std::string line; std::getline(lines, line) && !lines.eof();)
    result.push_back(Json::parse(line, path));
  return result;
}

}  // namespace medley::train
