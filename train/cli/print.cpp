// Tables and JSON on stdout.
#include "train/cli/print.h"

#include <algorithm>
#include <cstdio>

#include "train/report/html.h"

namespace medley::train {
namespace {

std::string figure(const Json& split, const char* group, const char* key) {
  const Json* found = split.find(group);
  const Json* value = found ? found->find(key) : nullptr;
  return value ? fixed(value->number(), 3) : "";
}

}  // namespace

void print(const std::string& text) { std::printf("%s\n", text.c_str()); }

void print_json(const Json& document) { print(document.dump(1)); }

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
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
  struct Column {
    const char *title, *group, *key;
  };
  constexpr Column kColumns[] = {
      {"i2t R@1", "i2t", "r1"},         {"t2i R@1", "t2i", "r1"},
      {"i2t ITM R@1", "i2t_itm", "r1"}, {"t2i ITM R@1", "t2i_itm", "r1"},
      {"exact", "captions", "exact"},   {"token F1", "captions", "token_f1"}};
  std::vector<std::vector<std::string>> rows(1, {"split", "pictures"});
  for (const auto& [name, split] : eval.members())
    rows.push_back({name, std::to_string(split.at("images").integer())});
  for (const Column& column : kColumns) {
    if (eval.members().empty() ||
        figure(eval.members()[0].second, column.group, column.key).empty())
      continue;
    rows[0].emplace_back(column.title);
    for (size_t i = 0; i < eval.members().size(); ++i)
      rows[i + 1].push_back(figure(eval.members()[i].second, column.group, column.key));
  }
  print_table(rows);
}

}  // namespace medley::train
