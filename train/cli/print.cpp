// Tables and JSON on stdout.
#include "train/cli/print.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>

#include "core/error.h"
#include "core/printable.h"
#include "core/str.h"
#include "train/eval/figures.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

std::string interval_of(const FigureLine& line) {
  return line.interval ? fixed(line.interval->low, 3) + " to " + fixed(line.interval->high, 3) : "";
}

[[noreturn]] void fail_output() {
  throw IoError(str("cannot write to the standard output: ", std::strerror(errno)));
}

}  // namespace

void print(const std::string& text) {
  if (std::printf("%s\n", text.c_str()) < 0) fail_output();
}

void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) fail_output();
}

void print_json(const Json& document) { print(document.dump(1)); }

void print_table(std::vector<std::vector<std::string>> rows) {
  std::vector<size_t> widths;
  for (auto& row : rows)
    for (std::string& cell : row) cell = printable(cell);
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string cell = row[i];
      if (i + 1 < row.size()) cell.resize(widths[i] + 2, ' ');
      line += cell;
    }
    print(line);
  }
}

void print_eval(const Json& eval) {
  for (const auto& [split, figures] : eval.members()) {
    print(split + ": " + counts_line(figures));
    std::vector<std::vector<std::string>> rows{
        {"", "", "figure", "95 % interval", "trivial answer"}};
    std::set<std::string> answers;
    std::string group;
    for (const FigureLine& line : figure_lines(figures)) {
      rows.push_back({line.group == group ? "" : line.group, line.name, fixed(line.value, 3),
                      interval_of(line), line.trivial ? fixed(*line.trivial, 3) : ""});
      group = line.group;
      if (line.trivial)
        answers.insert(line.answer.empty()
                           ? "searches: the trivial answer is a random order"
                           : line.group + ": the trivial answer is '" + line.answer + "'");
    }
    print_table(rows);
    for (const std::string& answer : answers) print(answer);
    const Json *images = figures.find("images"), *captions = figures.find("captions");
    if (images && images->integer() == 1 && captions) print(str("CIDEr: ", kCiderOfOne));
    print("");
  }
}

}  // namespace medley::train
