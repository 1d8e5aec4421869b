// Each of them becomes an object of fields: one set of rules reads them all.
#include "train/data/forms/entries.h"

#include <algorithm>

#include "core/str.h"
#include "train/data/forms/csv.h"

namespace medley::train {
namespace {

constexpr const char* kWhite = " \t\r\n";

using Visit = std::function<void(const Json&, int64_t)>;
using Refuse = std::function<void(const DataError&, int64_t)>;

void each_json_line(std::string_view text, const std::string& path, const Visit& visit,
                    const Refuse& refuse) {
  int64_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    if (line.find_first_not_of(kWhite) == line.npos) continue;
    Json entry;
    try {
      entry = Json::parse(line, str("[data] ", path, ", line ", number));
    } catch (const DataError& error) {
      refuse(error, number);
      continue;
    }
    visit(entry, number);
  }
}

void each_csv_line(std::string_view text, const std::string& path, const Visit& visit,
                   const Refuse& refuse) {
  CsvReader csv(text, path);
  std::vector<std::string> names, fields;
  if (!csv.next(names)) throw DataError(str("[data] ", path, " is empty"));
  for (auto name = names.begin(); name != names.end(); ++name)
    if (std::find(names.begin(), name, *name) != name)
      throw DataError(str("[data] ", path, " has two columns '", *name, "'"));
  while (csv.next(fields)) {
    if (fields.size() != names.size()) {
      refuse(DataError(str("[data] ", path, ", line ", csv.line(), " has ", fields.size(),
                           fields.size() == 1 ? " field" : " fields", " but the first line has ",
                           names.size()),
                       "a field that holds the delimiter stands in quotes"),
             csv.line());
      continue;
    }
    Json entry = Json::object();
    for (size_t i = 0; i < names.size(); ++i) entry.set(names[i], std::move(fields[i]));
    visit(entry, csv.line());
  }
}

}  // namespace

std::optional<TableText> table_text(std::string_view text, const std::string& path) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const size_t first = text.find_first_not_of(kWhite);
  if (first == text.npos) throw DataError(str("[data] ", path, " is empty"));
  if (text[first] == '[') return TableText::json_list;
  if (text[first] != '{') return TableText::csv;
  // Lines of objects, or one object? A first line that is whole and a second that begins tell.
  if (path.ends_with(".jsonl") || path.ends_with(".ndjson")) return TableText::json_lines;
  const size_t line = text.find('\n', first);
  const size_t next = line == text.npos ? line : text.find_first_not_of(kWhite, line);
  if (next != text.npos && text[next] == '{' && text[text.find_last_not_of(kWhite, line)] == '}')
    return TableText::json_lines;
  return std::nullopt;
}

void each_entry(TableText form, std::string_view text, const std::string& path, const Visit& visit,
                const Refuse& refuse) {
  std::string mended;
  text = mended_utf8(text, path, kNotUtf8, mended);
  if (form == TableText::csv) return each_csv_line(text, path, visit, refuse);
  auto visit_object = [&](const Json& entry, int64_t number) {
    if (entry.is_object()) return visit(entry, number);
    refuse(DataError(str("[data] ", path, form == TableText::json_list ? ", row " : ", line ",
                         number, " must be an object but is ", entry.dump().substr(0, 40))),
           number);
  };
  if (form == TableText::json_lines) return each_json_line(text, path, visit_object, refuse);
  int64_t number = 0;
  Json::each_element(text, path, [&](const Json& entry) { visit_object(entry, number++); });
}

}  // namespace medley::train
