// The entries of a table, whatever it is written in: a JSON list of objects, JSON lines, CSV, TSV.
#pragma once

#include <functional>
#include <string>

#include "train/data/forms/rows.h"

namespace medley::train {

enum class TableText { json_list, json_lines, csv };

// By its first characters; nothing for text that is one JSON object.
std::optional<TableText> table_text(std::string_view text, const std::string& path);

// Stands where bytes were not UTF-8: a noncharacter of Unicode (U+FFFF), which no text has.
inline constexpr std::string_view kNotUtf8 = "\xEF\xBF\xBF";

// Calls `visit` with each entry as an object and its number: of a list from 0, else the line from
// 1; `refuse` for an entry that cannot be read.
void each_entry(TableText form, std::string_view text, const std::string& path,
                const std::function<void(const Json& entry, int64_t number)>& visit,
                const std::function<void(const DataError& error, int64_t number)>& refuse);

}  // namespace medley::train
