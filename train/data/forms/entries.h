// The entries of a table, whatever it is written in: a JSON list of objects, JSON lines, CSV, TSV.
#pragma once

#include <functional>
#include <string>

#include "train/data/forms/rows.h"

namespace medley::train {

enum class TableText { json_list, json_lines, csv };

// By its first characters; nothing for text that is one JSON object.
std::optional<TableText> table_text(std::string_view text, const std::string& path);

// Calls `visit` with each entry as an object and its number: of a list from 0, else the line from
// 1. An entry that cannot be read is a finding.
void each_entry(TableText form, std::string_view text, const std::string& path, Findings& findings,
                const std::function<void(const Json& entry, int64_t number)>& visit);

}  // namespace medley::train
